import type { OnApplicationShutdown } from '@nestjs/common'
import { kafkaConnection } from '@hooklane/config'
import { createKafkaClient, SingleFlightProducer, type KafkaClient } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'
import { createPool, type PgPool } from '@hooklane/postgres'
import type { RecorderSettings } from './settings.js'

/** Every external system that a recorder talks to. Each connects on first use. */
export class Connections implements OnApplicationShutdown {
  readonly kafka: KafkaClient
  readonly producer: SingleFlightProducer
  readonly pool: PgPool

  constructor(settings: RecorderSettings, logger: Logger) {
    this.kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-recorder', logger })
    this.producer = new SingleFlightProducer(this.kafka)
    this.pool = createPool({
      url: settings.databaseUrl,
      role: 'hooklane_recorder',
      applicationName: 'hooklane-recorder',
      maxConnections: 2,
      statementTimeoutMs: 30_000,
      onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
    })
  }

  async onApplicationShutdown(): Promise<void> {
    await this.producer.close()
    await this.pool.end()
  }
}
