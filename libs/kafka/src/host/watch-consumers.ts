import { every, type Clock } from '@hooklane/core/kernel'
import type { ConsumerHost, ConsumerState } from './consumer-host.js'

/** Receives reports about the consumers of a process. */
export interface ConsumerReports {
  /** Called for each consumer. */
  state(state: ConsumerState): void
  /** Called with the longest time since any consumer last got an answer to a heartbeat; null before the first answer. */
  silence(silentMs: number | null): void
}

const OBSERVE_EVERY_MS = 1_000

/**
 * Reports the state of the consumers every second. A consumer that waits for Kafka raises no error, however long it waits, so only this
 * report shows it. Returns a function that stops the reports.
 */
export function watchConsumers(
  clock: Pick<Clock, 'after'>,
  hosts: () => readonly ConsumerHost[],
  reports: ConsumerReports,
): () => void {
  return every(clock, OBSERVE_EVERY_MS, () => reportConsumers(hosts(), reports))
}

/** Reports the state of the consumers once. */
export function reportConsumers(hosts: readonly Pick<ConsumerHost, 'state'>[], reports: ConsumerReports): void {
  let silentMs: number | null = null
  for (const host of hosts) {
    const state = host.state()
    reports.state(state)
    if (state.heartbeatAgeMs !== null) silentMs = Math.max(silentMs ?? 0, state.heartbeatAgeMs)
  }
  reports.silence(silentMs)
}
