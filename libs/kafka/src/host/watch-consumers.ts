import { every, type Clock } from '@hooklane/core/kernel'
import type { ConsumerHost, ConsumerState } from './consumer-host.js'

/** Who shows how the consumers of a process fare. */
export interface ConsumerReports {
  /** Of each consumer. */
  state(state: ConsumerState): void
  /** Since Kafka last answered a heartbeat of the consumer that has waited longest; null: it has answered none yet. */
  silence(silentMs: number | null): void
}

const OBSERVE_EVERY_MS = 1_000

/**
 * Reports each second how the consumers fare. A consumer that waits for Kafka raises no error, however long it waits: nothing else would tell.
 * Returns what ends it.
 */
export function watchConsumers(
  clock: Pick<Clock, 'after'>,
  hosts: () => readonly ConsumerHost[],
  reports: ConsumerReports,
): () => void {
  return every(clock, OBSERVE_EVERY_MS, () => reportConsumers(hosts(), reports))
}

/** Reports how the consumers fare now. */
export function reportConsumers(hosts: readonly Pick<ConsumerHost, 'state'>[], reports: ConsumerReports): void {
  let silentMs: number | null = null
  for (const host of hosts) {
    const state = host.state()
    reports.state(state)
    if (state.heartbeatAgeMs !== null) silentMs = Math.max(silentMs ?? 0, state.heartbeatAgeMs)
  }
  reports.silence(silentMs)
}
