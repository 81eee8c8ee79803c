import { topicNames } from '@hooklane/contracts/records'
import { KafkaLogAdmin } from '@hooklane/kafka'
import type { ConsumerHost } from '@hooklane/kafka/host'
import type { ConsumerMetrics } from '@hooklane/observability'
import type { DeliveryLogWriter } from '@hooklane/postgres'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import { BatchRecording } from './batches/batch-recording.js'
import type { Connections } from './connections.js'
import { GROUP } from './make-host.js'
import type { RecorderMetrics } from './metrics.js'
import { kafkaStartOffsets } from './positions/kafka-start-offsets.js'
import { Recorder } from './recorder.js'
import type { RecorderSettings } from './settings.js'

export interface RecorderParts {
  readonly connections: Connections
  readonly writer: DeliveryLogWriter
  readonly host: ConsumerHost
  readonly metrics: RecorderMetrics
  readonly consumers: ConsumerMetrics
}

/** Binds the recorder to Kafka and Postgres. */
export function makeRecorder(settings: RecorderSettings, context: ServiceContext, parts: RecorderParts): Recorder {
  const { logger, readiness, skips } = context
  const { writer, host, metrics, consumers } = parts
  const { kafka, producer } = parts.connections
  const names = topicNames(settings.topicPrefix)
  const admin = new KafkaLogAdmin(kafka)
  return new Recorder({
    host,
    batchMax: settings.batchMax,
    bufferMax: settings.bufferMax,
    recording: new BatchRecording({
      quarantine: names.quarantine,
      group: GROUP,
      ...{ producer, writer, metrics, consumers, skips },
      onWriteOutcome: (succeeded) =>
        readiness.set(
          'database',
          succeeded,
          succeeded ? undefined : 'the delivery log cannot be written; trying again',
        ),
    }),
    startOffsets: (topic) => kafkaStartOffsets(admin, names.group(GROUP), topic),
    clock: systemClock,
    metrics,
    logger,
    onReading: () => readiness.set('kafka', true),
  })
}
