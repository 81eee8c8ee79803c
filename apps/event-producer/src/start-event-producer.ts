import { tmpdir } from 'node:os'
import { kafkaConnection, readCaptureFile } from '@hooklane/config'
import { topicNames, type TopicNames } from '@hooklane/contracts'
import { referencedColumns, SourceReader, type CaptureConfiguration, type CaptureSource } from '@hooklane/core'
import { createKafkaClient, MAX_RECORD_BYTES, SingleFlightProducer, type KafkaClient } from '@hooklane/kafka'
import { createPool, readConfiguration, type PgPool } from '@hooklane/postgres'
import type { ReplicatedSource } from '@hooklane/replication'
import type { RunningService, ServiceContext } from '@hooklane/runtime'
import { catalogueEntries, enterEventTypes } from './catalogue.js'
import { eventProducerMetrics, type EventProducerMetrics } from './metrics.js'
import { OrderedPublisher, type PublishedCheck } from './publishing/ordered-publisher.js'
import { PublishedPositions } from './publishing/published-positions.js'
import type { EventProducerSettings } from './settings.js'
import { CapturedSource } from './sources/captured-source.js'
import { CONFIGURATION_TABLE, ConfigurationSource, isSaid } from './sources/configuration-source.js'
import { readConfigurationTopic } from './sources/read-configuration-topic.js'
import { SourceRunner } from './sources/source-runner.js'
import { TemporarySpoolFile } from './spool/temporary-spool-file.js'

/** Name of the source that carries Hooklane's own configuration; capture files cannot take it. */
const CONFIGURATION_SOURCE = 'hooklane'
/** Of the time that a process may take to end, for the publish that is out. */
const DRAIN_SHARE = 0.5

/** How often it is looked whether Kafka answers, and the silence that counts as absence: an ordinary request takes milliseconds. */
const STALL_CHECK_MS = 1_000
const STALLED_AFTER_MS = 5_000

/** What all sources share. */
interface Parts {
  readonly settings: EventProducerSettings
  readonly context: ServiceContext
  readonly metrics: EventProducerMetrics
  readonly kafka: KafkaClient
  readonly names: TopicNames
  readonly pool: PgPool
}

/** Binds sources to Kafka. @throws CaptureFileError before anything is begun */
export function startEventProducer(settings: EventProducerSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, registry } = context
  const { captureFile, topicPrefix } = settings
  const capture: CaptureConfiguration =
    captureFile === undefined ? { sources: [] } : readCaptureFile(captureFile, { topicPrefix })
  const kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-event-producer', logger })
  const pool = createPool({
    url: settings.databaseUrl,
    role: 'hooklane_producer',
    applicationName: 'hooklane-event-producer',
    maxConnections: 2,
    statementTimeoutMs: 30_000,
    onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
  })
  const names = topicNames(topicPrefix)
  const parts: Parts = { settings, context, kafka, pool, names, metrics: eventProducerMetrics(registry) }
  const pipelines = [configurationPipeline(parts), ...capture.sources.map((source) => capturePipeline(parts, source))]
  for (const { runner } of pipelines) runner.start()
  const stallCheck = setInterval(() => {
    for (const { runner, producer } of pipelines) reportStall(parts, runner.name, producer)
  }, STALL_CHECK_MS)
  const stopping = new AbortController()
  const entering = enterEventTypes(pool, catalogueEntries(capture), { logger, signal: stopping.signal })
  return Promise.resolve({
    close: async () => {
      stopping.abort()
      clearInterval(stallCheck)
      await Promise.all(
        pipelines.map(async ({ runner, producer }) => {
          await runner.stop()
          await producer.close(0)
        }),
      )
      await entering
      await pool.end()
    },
  })
}

/** A source with a producer of its own: one that waits for its request must not hold up the others. */
interface Pipeline {
  readonly runner: SourceRunner
  readonly producer: SingleFlightProducer
}

function configurationPipeline(parts: Parts): Pipeline {
  const { settings, kafka, names, pool, metrics } = parts
  const topic = names.subscriptions
  const identifier = `${settings.topicPrefix.toLowerCase().replace(/[^a-z0-9_]/g, '_')}${CONFIGURATION_SOURCE}`
  const readTopic = () => readConfigurationTopic(kafka, topic, names.group('event-producer'))
  const source: ReplicatedSource = {
    name: CONFIGURATION_SOURCE,
    databaseUrl: settings.databaseUrl,
    slot: identifier,
    publication: identifier,
    tables: [CONFIGURATION_TABLE],
  }
  const { producer, publisher } = makePublisher(parts, source.name, async () => {
    const state = await readTopic()
    return (record) => isSaid(state, record)
  })
  const runner = makeRunner(parts, source, publisher, {
    // The table is compared as a whole at every start: nothing is lost with the log.
    replaceLostSlot: true,
    makeConsumer: (link) =>
      new ConfigurationSource({
        ...link,
        topic,
        publisher,
        readTopic,
        readTable: () => readConfiguration(pool),
        onTransaction: ({ committedAtMs }) => countTransaction(metrics, source.name, committedAtMs),
      }),
  })
  return { runner, producer }
}

function capturePipeline(parts: Parts, capture: CaptureSource): Pipeline {
  const { settings, kafka, names, metrics, context } = parts
  const positions = new PublishedPositions({
    client: kafka,
    topic: names.events,
    producer: capture.name,
    groupPrefix: names.group('event-producer'),
  })
  const source = replicatedSource(capture)
  const { producer, publisher } = makePublisher(parts, source.name, () => positions.check())
  const runner = makeRunner(parts, source, publisher, {
    replaceLostSlot: false,
    makeConsumer: (link) =>
      new CapturedSource({
        ...link,
        reader: new SourceReader(capture),
        topic: names.events,
        publisher,
        lastPositions: () => positions.read(),
        openSpool: () => TemporarySpoolFile.open(settings.spoolDir ?? tmpdir()),
        onTransaction: ({ xid, committedAtMs }, report) => {
          countTransaction(metrics, source.name, committedAtMs)
          for (const [reason, rows] of report.skipped) metrics.skipped.inc({ source: source.name, reason }, rows)
          for (const reason of report.contextFaults) metrics.skipped.inc({ source: source.name, reason })
          if (report.truncated.length === 0) return
          metrics.truncated.inc({ source: source.name }, report.truncated.length)
          context.logger.warn({ source: source.name, xid, tables: report.truncated }, 'captured tables were truncated')
        },
      }),
  })
  return { runner, producer }
}

export function replicatedSource(capture: CaptureSource): ReplicatedSource {
  return {
    name: capture.name,
    databaseUrl: capture.database,
    slot: capture.slot,
    publication: capture.publication,
    tables: capture.tables.map((table) => ({
      schema: table.schema,
      table: table.table,
      columns: referencedColumns(capture, table),
      id: table.id,
    })),
  }
}

function makePublisher(
  { kafka, metrics, context }: Parts,
  source: string,
  readBack: () => Promise<PublishedCheck>,
): { readonly producer: SingleFlightProducer; readonly publisher: OrderedPublisher } {
  const { logger, readiness } = context
  const part = publishingPart(source)
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

const publishingPart = (source: string): string => `publishing ${source}`

/** The producer waits for a broker that is away without an error, however long: nobody else would say so. */
function reportStall({ context, metrics }: Parts, source: string, producer: SingleFlightProducer): void {
  const { readiness } = context
  const stalledMs = producer.stalledForMs()
  metrics.stalledSeconds.set({ source }, stalledMs / 1000)
  if (stalledMs < STALLED_AFTER_MS) return
  readiness.set(publishingPart(source), false, `Kafka has not answered for ${Math.round(stalledMs / 1000)} s`)
}

function makeRunner(
  { settings, metrics, context }: Parts,
  source: ReplicatedSource,
  publisher: OrderedPublisher,
  how: Pick<ConstructorParameters<typeof SourceRunner>[0], 'makeConsumer' | 'replaceLostSlot'>,
): SourceRunner {
  const { logger, readiness } = context
  const drainMs = settings.drainLimitMs * DRAIN_SHARE
  return new SourceRunner({ source, publisher, drainMs, metrics, readiness, logger, ...how })
}

function countTransaction(metrics: EventProducerMetrics, source: string, committedAtMs: number): void {
  metrics.transactions.inc({ source })
  metrics.lastCommitSeconds.set({ source }, committedAtMs / 1000)
}
