import type { ConsumerMetrics } from './consumer-metrics.js'
import type { Readiness } from './readiness.js'
import { reportSilence } from './report-silence.js'

/** How a member of a group fares. */
export interface ConsumerFigures {
  readonly group: string
  readonly lagRecords: number
  /** Null: there was no answer yet. */
  readonly fetchAgeMs: number | null
  /** Null: there was no answer yet. */
  readonly heartbeatAgeMs: number | null
}

/** Shows how the consumers of the process fare: each in metrics, and in the part `kafka` whether Kafka still answers. */
export class ConsumerReport {
  constructor(
    private readonly metrics: ConsumerMetrics,
    private readonly readiness: Readiness,
    /** Without a heartbeat for so long a process is no member of its group any more. */
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
