import { tmpdir } from 'node:os'
import type { CapturePlaces } from '@hooklane/config'
import { formatEpoch, type CaptureSource } from '@hooklane/core/capture'
import { backgroundTimers } from '@hooklane/core/kernel'
import type { TopicNames } from '@hooklane/contracts/records'
import { MAX_RECORD_BYTES, SingleFlightProducer, type KafkaClient } from '@hooklane/kafka'
import { CaptureMarks, readCompanyIds, readConfiguration, type PgPool } from '@hooklane/postgres'
import {
  ChangesMissing,
  emitAnnouncements,
  readOpenWriters,
  type Blocker,
  type ReplicatedSource,
} from '@hooklane/replication'
import type { ServiceContext } from '@hooklane/runtime'
import type { EventProducerMetrics } from './metrics.js'
import { MarkKeeper } from './marks/mark-keeper.js'
import { OrderedPublisher, type PublishedCheck } from './publishing/ordered-publisher.js'
import { PublishedPositions } from './publishing/published-positions.js'
import { TransactionReporter } from './report-transaction.js'
import type { EventProducerSettings } from './settings.js'
import { Announcer } from './sources/announcer.js'
import { CaptureConsumer } from './sources/capture-consumer.js'
import { CatalogueWatch, type CatalogueWatchOptions } from './sources/catalogue-watch.js'
import { CONFIGURATION_TABLE, ConfigurationConsumer, isPublished } from './sources/configuration-consumer.js'
import { HiddenColumns, type HiddenColumnsOptions } from './sources/hidden-columns.js'
import { readConfigurationTopic } from './sources/read-configuration-topic.js'
import { replicatedSourceOf } from './sources/replicated-source-of.js'
import { applicationNameOf, SourceRunner, type SourceRunnerOptions } from './sources/source-runner.js'
import { TemporarySpoolFile } from './spool/temporary-spool-file.js'

/** Name of the source that carries Hooklane's own configuration; capture files cannot take it. */
const CONFIGURATION_SOURCE = 'hooklane'
const ANNOUNCEMENT = 'the event resync.required'
/** How long an announcement may wait for open transactions before the wait is reported. Most waits end in a moment. */
const REPORT_WAITING_MS = 2_000
/** The share of the drain limit that the pending publish may take. */
const DRAIN_SHARE = 0.5

/** What all sources share. */
export interface Parts {
  readonly settings: EventProducerSettings
  readonly context: ServiceContext
  readonly metrics: EventProducerMetrics
  readonly kafka: KafkaClient
  readonly names: TopicNames
  readonly pool: PgPool
}

/** A source and its own Kafka producer. With a shared producer, a source that waits for its request would hold up the others. */
export interface Pipeline {
  readonly runner: SourceRunner
  readonly producer: SingleFlightProducer
}

export function configurationPipeline(parts: Parts): Pipeline {
  const { settings, kafka, names, pool, metrics, context } = parts
  const topic = names.subscriptions
  const identifier = `${settings.topicPrefix.toLowerCase().replace(/[^a-z0-9_]/g, '_')}${CONFIGURATION_SOURCE}`
  const readTopic = () => readConfigurationTopic(kafka, topic, names.group('event-producer'))
  const source: ReplicatedSource = {
    name: CONFIGURATION_SOURCE,
    databaseUrl: settings.databaseUrl,
    slot: identifier,
    publication: identifier,
    tables: [CONFIGURATION_TABLE],
    resetInstructions: 'wait: the table is compared with the topic as a whole at the next attempt',
  }
  const { producer, publisher } = makePublisher(parts, source.name, async () => {
    const state = await readTopic()
    return (record) => isPublished(state, record)
  })
  const report = new TransactionReporter(source.name, metrics, context.skips)
  const runner = makeRunner(parts, {
    source,
    publisher,
    makeConsumer: (link) =>
      new ConfigurationConsumer({
        ...link,
        topic,
        publisher,
        readTopic,
        readTable: () => readConfiguration(pool),
        onTransaction: (transaction) => report.transaction(transaction),
      }),
  })
  return { runner, producer }
}

export function capturePipeline(parts: Parts, capture: CaptureSource, places: CapturePlaces): Pipeline {
  const { settings, kafka, names, pool, metrics, context } = parts
  const topic = names.events
  const source = replicatedSourceOf(capture, places)
  const positions = new PublishedPositions({
    client: kafka,
    topic,
    producer: capture.name,
    groupPrefix: names.group('event-producer'),
    knownPosition: () => marks.read(),
    onReadBack: (records) => reportReadBack(parts, source.name, records),
  })
  const { producer, publisher } = makePublisher(parts, source.name, () => positions.check())
  const marks: MarkKeeper = new MarkKeeper({
    producer: capture.name,
    store: new CaptureMarks(pool, topic),
    timers: backgroundTimers,
    endOffsets: () => positions.endOffsets(),
    onFailure: (error) => context.logger.warn({ source: source.name, error }, 'the mark of the source cannot advance'),
  })
  const connection = {
    applicationName: applicationNameOf(source.name),
    onWaiting: (work: string, blockers: readonly Blocker[]) => runner.waiting(work, blockers),
  }
  const announcer = new Announcer({
    marks,
    readCompanies: () => readCompanyIds(pool),
    emit: (ids) => emitAnnouncements(source, ids, connection),
    readOpenWriters: () => readOpenWriters(source, connection),
    onWaiting: reportOnlyLongWaits((blockers) => runner.waiting(ANNOUNCEMENT, blockers)),
  })
  const reports = catalogueReports(parts, source.name)
  const columns = new HiddenColumns({ capture, marks, ...reports })
  const catalogue = new CatalogueWatch({ capture, replicated: source, marks, columns, ...reports })
  const report = new TransactionReporter(source.name, metrics, context.skips)
  const runner: SourceRunner = makeRunner(parts, {
    source,
    publisher,
    onFailure: (error) => {
      if (error instanceof ChangesMissing) void marks.noteGaps(error.gaps, formatEpoch(capture.epoch))
    },
    onStopped: () => marks.stop(),
    makeConsumer: (link) =>
      new CaptureConsumer({
        ...link,
        capture,
        replicated: source,
        topic,
        publisher,
        marks,
        announcer,
        catalogue,
        columns,
        lastPositions: () => positions.read(),
        openSpool: () => TemporarySpoolFile.open(settings.spoolDir ?? tmpdir()),
        onTransaction: (transaction, folded) => report.folded(transaction, folded),
      }),
  })
  return { runner, producer }
}

function reportReadBack({ metrics, context }: Parts, source: string, records: number): void {
  metrics.readBack.inc({ source }, records)
  context.logger.info({ source, records }, 'read back the records that the topic holds behind the mark of the source')
}

function reportOnlyLongWaits(report: (blockers: readonly Blocker[]) => void): (blockers: readonly Blocker[]) => void {
  let sinceMs: number | null = null
  return (blockers) => {
    sinceMs = blockers.length === 0 ? null : (sinceMs ?? Date.now())
    const isLong = sinceMs !== null && Date.now() - sinceMs >= REPORT_WAITING_MS
    report(isLong ? blockers : [])
  }
}

const catalogueReports = (
  { context: { logger } }: Parts,
  source: string,
): Pick<CatalogueWatchOptions, 'onAnnounced' | 'onUnmatched'> & Pick<HiddenColumnsOptions, 'onRenamed'> => ({
  onAnnounced: (announcements) => {
    for (const { id, reason, resources } of announcements) {
      logger.warn({ source, announcement: id, reason, resources }, 'receivers are told to fetch entities again')
    }
  },
  onUnmatched: (ids) => {
    const message = `the capture file accepts ${ids.join(', ')}, but no open gap has this id: remove the id from \`accept\``
    logger.warn({ source, ids }, message)
  },
  onRenamed: (table, { name, before }) => {
    const message =
      `the column ${name} of ${table} stays out of events, because the capture file omits it under its earlier name ` +
      `${before.join(', ')}: write ${name} under \`omit\``
    logger.warn({ source, table, column: name }, message)
  },
})

function makePublisher(
  { kafka, metrics, context }: Parts,
  source: string,
  readBack: () => Promise<PublishedCheck>,
): { readonly producer: SingleFlightProducer; readonly publisher: OrderedPublisher } {
  const { logger, readiness } = context
  const part = publishingReadiness(source)
  const producer = new SingleFlightProducer(kafka)
  const publisher = new OrderedPublisher({
    producer,
    readBack,
    maxRecordBytes: MAX_RECORD_BYTES,
    onPublished: (published, repeated) => {
      readiness.set(part, true)
      metrics.events.inc({ source }, published)
      if (repeated > 0) metrics.repeated.inc({ source }, repeated)
    },
    onFailure: (error, retryInMs) => {
      readiness.set(part, false, error instanceof Error ? error.message : String(error))
      metrics.publishFailures.inc({ source })
      logger.warn({ source, error, retryInMs }, 'events could not be published; trying again')
    },
    onQueued: (records) => metrics.queued.set({ source }, records),
  })
  return { producer, publisher }
}

export const publishingReadiness = (source: string): string => `publishing ${source}`

function makeRunner(
  { settings, metrics, context }: Parts,
  own: Pick<SourceRunnerOptions, 'source' | 'publisher' | 'makeConsumer' | 'onFailure' | 'onStopped'>,
): SourceRunner {
  const { logger, readiness } = context
  const drainMs = settings.drainLimitMs * DRAIN_SHARE
  const { captureCheckMs: inspectEveryMs } = settings
  return new SourceRunner({ drainMs, inspectEveryMs, metrics, readiness, logger, ...own })
}
