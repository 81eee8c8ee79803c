import type { Admin } from 'kafkajs'
import { LogError } from '../client/errors.js'
import { GIVE_UP_AFTER_MS, GIVE_UP_SOON, type KafkaClient } from '../client/kafka-client.js'
import { endsWithin } from '../ends-within.js'

interface OpenAdmin {
  readonly admin: Admin
  readonly connected: Promise<void>
  users: number
}

/** An admin connection that exists only while somebody uses it: an idle one costs CPU for ever. Uses that overlap share it. */
export class SharedAdmin {
  private open: OpenAdmin | null = null

  constructor(private readonly client: KafkaClient) {}

  /**
   * Connecting and the work together may take `limitMs`, connecting never more than `GIVE_UP_AFTER_MS`: retries alone bound nothing where a
   * network drops what is sent.
   * @throws LogError `TIMED_OUT`: what of the work was done is not known
   */
  async use<T>(work: (admin: Admin) => Promise<T>, limitMs = GIVE_UP_AFTER_MS): Promise<T> {
    const startedMs = performance.now()
    const open = this.acquire()
    try {
      if (await endsWithin(Math.min(limitMs, GIVE_UP_AFTER_MS), open.connected)) {
        const outcome = work(open.admin)
        if (await endsWithin(limitMs - (performance.now() - startedMs), outcome)) return await outcome
      }
      // Whoever asks next tries again.
      if (this.open === open) this.open = null
      throw new LogError('TIMED_OUT', 'Kafka did not answer in time')
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
