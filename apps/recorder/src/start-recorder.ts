import { topicNames } from '@hooklane/contracts/records'
import { createKafkaClient, KafkaLogAdmin, KafkaLogConsumer, SingleFlightProducer } from '@hooklane/kafka'
import { reportSilence, type Logger } from '@hooklane/observability'
import { createPool, DeliveryLogWriter, type PgPool } from '@hooklane/postgres'
import type { RunningService, ServiceContext } from '@hooklane/runtime'
import { kafkaConnection } from '@hooklane/config'
import { recorderMetrics } from './metrics.js'
import { Recorder } from './recorder.js'
import type { RecorderSettings } from './settings.js'

const DAY_MS = 86_400_000
/** Partitions of tomorrow stand before tomorrow begins. */
const LOOK_AHEAD_EVERY_MS = 3_600_000
/**
 * A fetch waits for some hundred records or half a second: every fetch, transaction and commit of offsets costs CPU in three processes, and
 * nobody watches the log that closely.
 */
const FETCH = { maxWaitMs: 500, minBytes: 512 * 1024, maxBytesPerPartition: 1024 * 1024 } as const
const OBSERVE_EVERY_MS = 1_000
/** Without a heartbeat for so long a process is no member of its group any more. */
const SESSION_TIMEOUT_MS = 10_000

/** Binds the recorder to Kafka and Postgres. */
export async function startRecorder(settings: RecorderSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, registry, readiness } = context
  const names = topicNames(settings.topicPrefix)
  const kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-recorder', logger })
  const producer = new SingleFlightProducer(kafka)
  const pool = makePool(settings, logger)
  const metrics = recorderMetrics(registry)
  const writer = new DeliveryLogWriter(pool, (records) => metrics.leftOut.inc(records))
  const admin = new KafkaLogAdmin(kafka)
  const group = names.group('recorder')
  readiness.set('kafka', false, 'joining the group')
  const recorder = new Recorder({
    topicPrefix: settings.topicPrefix,
    batchMax: settings.batchMax,
    bufferMax: settings.bufferMax,
    consumer: new KafkaLogConsumer(kafka, {
      group,
      topics: [names.attempts, names.deadLetters],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      ...FETCH,
    }),
    producer,
    writer,
    startOffsets: (topic) => startOffsets(admin, group, topic),
    metrics,
    logger,
    skips: context.skips,
    onCrash: (error) => context.fail('the Kafka consumer could not be kept running', error),
    onAssigned: () => readiness.set('kafka', true),
    onWriting: (works) =>
      readiness.set('database', works, works ? undefined : 'the log cannot be written: trying again'),
    onHeartbeat: (silentMs) =>
      reportSilence(readiness, 'kafka', { who: 'Kafka', silentMs, limitMs: SESSION_TIMEOUT_MS }),
  })
  const stopLookingAhead = await makeDaysAhead(writer, logger)
  await recorder.start()
  const observing = setInterval(() => recorder.observe(), OBSERVE_EVERY_MS)
  return {
    close: async () => {
      clearInterval(observing)
      stopLookingAhead()
      await recorder.stop()
      await producer.close()
      await pool.end()
    },
  }
}

function makePool({ databaseUrl }: RecorderSettings, logger: Logger): PgPool {
  return createPool({
    url: databaseUrl,
    role: 'hooklane_recorder',
    applicationName: 'hooklane-recorder',
    maxConnections: 2,
    statementTimeoutMs: 30_000,
    onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
  })
}

/** Makes the log's partitions of today and tomorrow, now and from time to time. Returns what ends that. */
async function makeDaysAhead(writer: DeliveryLogWriter, logger: Logger): Promise<() => void> {
  const ensureDays = async () => {
    const now = Date.now()
    await writer.ensureDays([now, now + DAY_MS].map((at) => new Date(at).toISOString().slice(0, 10)))
  }
  await ensureDays()
  const timer = setInterval(() => {
    ensureDays().catch((error: unknown) =>
      logger.warn({ error }, 'the log’s partitions for tomorrow could not be made; trying again'),
    )
  }, LOOK_AHEAD_EVERY_MS)
  return () => clearInterval(timer)
}

async function startOffsets(admin: KafkaLogAdmin, group: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const [offsets, committed] = await Promise.all([admin.offsets(topic), admin.committedOffsets(group, topic)])
  return new Map(
    offsets.map(({ partition, low }) => {
      const at = committed.get(partition) ?? null
      return [partition, at === null || at < low ? low : at]
    }),
  )
}
