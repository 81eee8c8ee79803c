import type { ConsumerMetrics } from './consumer-metrics.js'
import type { Readiness } from './readiness.js'
import { reportSilence } from './report-silence.js'

/** The state of a member of a group. */
export interface ConsumerFigures {
  readonly group: string
  readonly lagRecords: number
  /** Null before the first answer. */
  readonly fetchAgeMs: number | null
  /** Null before the first answer. */
  readonly heartbeatAgeMs: number | null
}

/** Reports the consumers of the process: the state of each in metrics, and whether Kafka answers in the part `kafka` of the readiness. */
export class ConsumerReport {
  constructor(
    private readonly metrics: ConsumerMetrics,
    private readonly readiness: Readiness,
    /** Kafka removes a process from its group when it receives no heartbeat for this long. */
    private readonly sessionTimeoutMs: number,
  ) {}

  state({ group, lagRecords, fetchAgeMs, heartbeatAgeMs }: ConsumerFigures): void {
    this.metrics.lag.set({ group }, lagRecords)
    if (fetchAgeMs !== null) this.metrics.lastFetchAge.set({ group }, fetchAgeMs / 1000)
    if (heartbeatAgeMs !== null) this.metrics.heartbeatAge.set({ group }, heartbeatAgeMs / 1000)
  }

  silence(silentMs: number | null): void {
    reportSilence(this.readiness, 'kafka', { who: 'Kafka', silentMs, limitMs: this.sessionTimeoutMs })
  }
}
