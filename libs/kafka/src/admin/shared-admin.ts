import type { Admin } from 'kafkajs'
import { GIVE_UP_SOON, type KafkaClient } from '../client/kafka-client.js'

interface OpenAdmin {
  readonly admin: Admin
  readonly connected: Promise<void>
  users: number
}

/** An admin connection that exists only while somebody uses it: an idle one costs CPU for ever. Uses that overlap share it. */
export class SharedAdmin {
  private open: OpenAdmin | null = null

  constructor(private readonly client: KafkaClient) {}

  async use<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const open = this.acquire()
    try {
      await open.connected
      return await work(open.admin)
    } finally {
      this.release(open)
    }
  }

  private acquire(): OpenAdmin {
    if (!this.open) {
      const admin = this.client.impatientKafka.admin({ retry: GIVE_UP_SOON })
      this.open = { admin, connected: admin.connect(), users: 0 }
    }
    this.open.users++
    return this.open
  }

  private release(open: OpenAdmin): void {
    open.users--
    if (open.users > 0) return
    if (this.open === open) this.open = null
    open.admin.disconnect().catch((error: unknown) => {
      this.client.logger.warn({ error }, 'an admin connection did not close in order')
    })
  }
}
