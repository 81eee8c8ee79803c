import { kafkaConnection } from '@hooklane/config'
import { createKafkaClient, SingleFlightProducer, type KafkaClient } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'
import { createPool, type PgPool } from '@hooklane/postgres'
import type { RecorderSettings } from './settings.js'

/** Everything outside the process that a recorder talks to. */
export interface Connections {
  readonly kafka: KafkaClient
  readonly producer: SingleFlightProducer
  readonly pool: PgPool
  close(): Promise<void>
}

/** Nothing is connected before it is used. */
export function makeConnections(settings: RecorderSettings, logger: Logger): Connections {
  const kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-recorder', logger })
  const producer = new SingleFlightProducer(kafka)
  const pool = createPool({
    url: settings.databaseUrl,
    role: 'hooklane_recorder',
    applicationName: 'hooklane-recorder',
    maxConnections: 2,
    statementTimeoutMs: 30_000,
    onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
  })
  return {
    kafka,
    producer,
    pool,
    close: async () => {
      await producer.close()
      await pool.end()
    },
  }
}
