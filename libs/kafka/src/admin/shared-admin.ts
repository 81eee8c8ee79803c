import type { Admin } from 'kafkajs'
import { endsWithin, processTimers } from '@hooklane/core/kernel'
import { LogError } from '../client/errors.js'
import { GIVE_UP_AFTER_MS, GIVE_UP_SOON, type KafkaClient } from '../client/kafka-client.js'

interface OpenAdmin {
  readonly admin: Admin
  readonly connected: Promise<void>
  users: number
}

/** An admin connection that is open only while it is used, because an idle connection costs CPU. Uses at the same time share it. */
export class SharedAdmin {
  private open: OpenAdmin | null = null

  constructor(private readonly client: KafkaClient) {}

  /**
   * Runs the work on the connection. Connecting and the work together may take `limitMs`; connecting may take at most `GIVE_UP_AFTER_MS`. A
   * limit on retries would not be enough: on a network that drops packets, a single try may never end.
   * @throws LogError `TIMED_OUT`: it is unknown how much of the work was done
   */
  async use<T>(work: (admin: Admin) => Promise<T>, limitMs = GIVE_UP_AFTER_MS): Promise<T> {
    const startedMs = performance.now()
    const open = this.acquire()
    try {
      if (await endsWithin(processTimers, open.connected, { limitMs: Math.min(limitMs, GIVE_UP_AFTER_MS) })) {
        const outcome = work(open.admin)
        const leftMs = limitMs - (performance.now() - startedMs)
        if (await endsWithin(processTimers, outcome, { limitMs: leftMs })) return await outcome
      }
      // The next use connects again.
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
      this.client.logger.warn({ error }, 'an admin connection did not close cleanly')
    })
  }
}
