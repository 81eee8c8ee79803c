import { topicNames } from '@hooklane/contracts'
import { KafkaLogAdmin, KafkaLogConsumer, type KafkaClient } from '@hooklane/kafka'
import { ConsumerHost, watchConsumers } from '@hooklane/kafka/host'
import { ConsumerReport, consumerMetrics, type ConsumerMetrics } from '@hooklane/observability'
import { DeliveryLogWriter } from '@hooklane/postgres'
import { systemClock, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { BatchRecording } from './batches/batch-recording.js'
import { makeConnections } from './connections.js'
import { makeDaysAhead } from './make-days-ahead.js'
import { recorderMetrics } from './metrics.js'
import { kafkaStartOffsets } from './positions/kafka-start-offsets.js'
import { Recorder } from './recorder.js'
import type { RecorderSettings } from './settings.js'

/**
 * A fetch waits for some hundred records or half a second: every fetch, transaction and commit of offsets costs CPU in three processes, and
 * nobody watches the log that closely.
 */
const FETCH = { maxWaitMs: 500, minBytes: 512 * 1024, maxBytesPerPartition: 1024 * 1024 } as const
/** Without a heartbeat for so long a process is no member of its group any more. */
const SESSION_TIMEOUT_MS = 10_000
const GROUP = 'recorder'

/** Binds the recorder to Kafka and Postgres. */
export async function startRecorder(settings: RecorderSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, registry, readiness, skips } = context
  const names = topicNames(settings.topicPrefix)
  const connections = makeConnections(settings, logger)
  const { kafka, producer, pool } = connections
  const metrics = recorderMetrics(registry)
  const consumers = consumerMetrics(registry)
  const writer = new DeliveryLogWriter(pool, (records) => metrics.leftOut.inc(records))
  const admin = new KafkaLogAdmin(kafka)
  const host = makeHost(settings, kafka, consumers, context)
  const recorder = new Recorder({
    host,
    batchMax: settings.batchMax,
    bufferMax: settings.bufferMax,
    recording: new BatchRecording({
      quarantine: names.quarantine,
      group: GROUP,
      ...{ producer, writer, metrics, consumers, skips },
      onWriting: (works) =>
        readiness.set('database', works, works ? undefined : 'the log cannot be written: trying again'),
    }),
    startOffsets: (topic) => kafkaStartOffsets(admin, names.group(GROUP), topic),
    clock: systemClock,
    metrics,
    logger,
    onReading: () => readiness.set('kafka', true),
  })
  readiness.set('kafka', false, 'joining the group')
  const stopLookingAhead = await makeDaysAhead(writer, logger)
  await host.start(recorder)
  const report = new ConsumerReport(consumers, readiness, SESSION_TIMEOUT_MS)
  const stopWatching = watchConsumers(systemClock, () => [host], report)
  return {
    close: async () => {
      stopWatching()
      stopLookingAhead()
      await host.stop()
      await connections.close()
    },
  }
}

function makeHost(
  { topicPrefix }: RecorderSettings,
  kafka: KafkaClient,
  consumers: ConsumerMetrics,
  context: ServiceContext,
): ConsumerHost {
  const names = topicNames(topicPrefix)
  return new ConsumerHost({
    group: GROUP,
    consumer: new KafkaLogConsumer(kafka, {
      group: names.group(GROUP),
      topics: [names.attempts, names.deadLetters],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      ...FETCH,
    }),
    clock: systemClock,
    onRebalance: () => consumers.rebalances.inc({ group: GROUP }),
    onCrash: (error) => context.fail('the Kafka consumer could not be kept running', error),
  })
}
