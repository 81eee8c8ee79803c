import { kafkaConnection, readCaptureFile } from '@hooklane/config'
import { topicNames } from '@hooklane/contracts/records'
import { createKafkaClient, type SingleFlightProducer } from '@hooklane/kafka'
import { createPool } from '@hooklane/postgres'
import type { RunningService, ServiceContext } from '@hooklane/runtime'
import { catalogueEntries, enterEventTypes } from './event-types.js'
import { eventProducerMetrics } from './metrics.js'
import { capturePipeline, configurationPipeline, publishingReadiness, type Parts, type Pipeline } from './pipelines.js'
import type { EventProducerSettings } from './settings.js'
import { SourceStarter } from './sources/source-starter.js'

/** How often to check whether Kafka answers, and after which silence it counts as unreachable. An ordinary request takes milliseconds. */
const STALL_CHECK_MS = 1_000
const STALLED_AFTER_MS = 5_000

/** Connects the sources to Kafka. Hooklane's own configuration is published even if the capture file has faults. */
export function startEventProducer(settings: EventProducerSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, registry, readiness } = context
  const { captureFile, topicPrefix } = settings
  const kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-event-producer', logger })
  const pool = createPool({
    url: settings.databaseUrl,
    role: 'hooklane_producer',
    applicationName: 'hooklane-event-producer',
    maxConnections: 2,
    statementTimeoutMs: 30_000,
    onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
  })
  const metrics = eventProducerMetrics(registry)
  const parts: Parts = { settings, context, kafka, pool, names: topicNames(topicPrefix), metrics }
  const stopping = new AbortController()
  const pipelines: Pipeline[] = []
  const entering: Promise<void>[] = []
  const run = (pipeline: Pipeline): void => {
    pipelines.push(pipeline)
    pipeline.runner.start()
  }
  run(configurationPipeline(parts))
  const captured = new SourceStarter({
    metrics,
    readiness,
    logger,
    read: () => readCaptureFile(captureFile ?? '', { topicPrefix }),
    start: (source, file) => {
      run(capturePipeline(parts, source, file.places))
      const entries = catalogueEntries({ sources: [source] })
      entering.push(enterEventTypes(pool, entries, { logger, signal: stopping.signal }))
    },
  })
  if (captureFile !== undefined) captured.look()
  const stallCheck = setInterval(() => {
    for (const { runner, producer } of pipelines) reportStall(parts, runner.name, producer)
  }, STALL_CHECK_MS)
  return Promise.resolve({
    close: async () => {
      stopping.abort()
      captured.stop()
      clearInterval(stallCheck)
      await Promise.all(
        pipelines.map(async ({ runner, producer }) => {
          await runner.stop()
          await producer.close(0)
        }),
      )
      await Promise.all(entering)
      await pool.end()
    },
  })
}

/** Reports an unreachable broker. Nothing else does: the producer waits for the broker without an error, however long. */
function reportStall({ context, metrics }: Parts, source: string, producer: SingleFlightProducer): void {
  const { readiness } = context
  const stalledMs = producer.stalledForMs()
  metrics.stalledSeconds.set({ source }, stalledMs / 1000)
  if (stalledMs < STALLED_AFTER_MS) return
  readiness.set(publishingReadiness(source), false, `Kafka has not answered for ${Math.round(stalledMs / 1000)} s`)
}
