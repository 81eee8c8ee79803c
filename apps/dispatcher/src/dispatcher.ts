import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common'
import type { WorkerGroupConfiguration } from '@hooklane/contracts/records'
import type { ConfigurationRecord, ConfigurationView } from '@hooklane/core/configuration'
import { every, type Clock } from '@hooklane/core/kernel'
import type { LeaseRenewer, OpenSessions } from '@hooklane/dispatch'
import type { LogTransportEngine } from '@hooklane/kafka/host'
import type { Logger, Readiness } from '@hooklane/observability'
import type { ServedGroups } from './groups/served-groups.js'
import type { GroupWorker } from './groups/group-worker.js'

/** Reader of the configuration topic. */
export interface ConfigurationFeed {
  start(): Promise<void>
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

export interface DispatcherParts {
  readonly clock: Pick<Clock, 'after'>
  readonly view: ConfigurationView
  readonly configuration: ConfigurationFeed
  readonly groups: ServedGroups
  readonly open: OpenSessions
  readonly renewer: LeaseRenewer
  readonly connectProducer: () => Promise<void>
  /** Closes the connections; called last. */
  readonly disconnect: () => Promise<void>
  /** Refreshes the gauges and the memory budget; called every second. */
  readonly observe: (workers: readonly GroupWorker[]) => void
  readonly readiness: Readiness
  readonly logger: Logger
}

const OBSERVE_EVERY_MS = 1_000
/** How often offsets are committed to Kafka, where only lag tools read them. */
const COMMIT_EVERY_MS = 5_000

/** One dispatcher process: reads the configuration, serves its worker groups, and at shutdown releases its leases before it disconnects. */
export class Dispatcher implements LogTransportEngine, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly regular: (() => void)[] = []
  private isConfigured = false
  private isDraining = false

  constructor(private readonly parts: DispatcherParts) {}

  async start(): Promise<void> {
    const { clock, configuration, connectProducer, renewer, readiness, view, groups } = this.parts
    readiness.set('configuration', false, 'reading')
    readiness.set('groups', false, 'waiting for the configuration')
    await connectProducer()
    await configuration.start()
    await configuration.caughtUp()
    this.isConfigured = true
    readiness.set('configuration', true)
    renewer.start()
    this.regular.push(
      every(clock, OBSERVE_EVERY_MS, () => this.parts.observe(groups.workers)),
      every(clock, COMMIT_EVERY_MS, () => void this.commitPositions()),
    )
    // Not awaited: a group whose topic is missing must not keep the process from serving other groups, or from ending.
    this.serve(view.workerGroups())
  }

  /** Called for each configuration record read: a worker group may have appeared or gone, or an app may have been deleted. */
  onConfiguration(record: ConfigurationRecord): void {
    if (!this.isConfigured) return
    if (record.kind === 'endedStream' && record.body) this.parts.open.streamEnded(record.body)
    if (record.kind !== 'workerGroup') return
    if (record.body) this.serve([record.body])
    else this.end(record.id)
  }

  private serve(found: readonly WorkerGroupConfiguration[]): void {
    const { groups, readiness } = this.parts
    void groups.serve(found).then(() => {
      if (!this.isDraining) readiness.set('groups', true, `${groups.workers.length} worker groups`)
    })
  }

  private end(group: string): void {
    const { groups, logger } = this.parts
    groups.end(group).catch((error: unknown) => logger.warn({ error, group }, 'leaving a worker group failed'))
  }

  stopReading(): void {
    this.isDraining = true
    for (const end of this.regular) end()
  }

  /** Every worker group stops reading, finishes its attempts and releases its leases, while the lease renewer still saves. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.parts.groups.stop()
  }

  /** Disconnects last, so that the producer can send everything that is still to be published. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.parts.renewer.stop(), this.parts.configuration.stop()])
    await this.parts.disconnect()
  }

  private async commitPositions(): Promise<void> {
    for (const worker of this.parts.groups.workers) {
      await worker
        .commitPositions()
        .catch((error: unknown) =>
          this.parts.logger.debug({ error, group: worker.workerGroup }, 'offsets for lag tools could not be committed'),
        )
    }
  }
}
