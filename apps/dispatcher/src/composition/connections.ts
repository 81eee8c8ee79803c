import { kafkaConnection } from '@hooklane/config'
import type { WebhookSender } from '@hooklane/core/delivery'
import type { LaneStore, LeaseStore } from '@hooklane/core/lane'
import { createKafkaClient, KafkaLogAdmin, SingleFlightProducer, type KafkaClient } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'
import { createPool, PostgresLaneStore, PostgresLeaseStore, type PgPool } from '@hooklane/postgres'
import { systemClock } from '@hooklane/runtime'
import { parseAllowTargets, HttpWebhookSender } from '@hooklane/webhook-http'
import { Publisher } from '../outcomes/publisher.js'
import type { DispatcherMetrics } from '../metrics.js'
import type { DispatcherSettings } from '../settings.js'

/** Every external system that a dispatcher talks to. */
export interface Connections {
  readonly kafka: KafkaClient
  readonly admin: KafkaLogAdmin
  readonly publisher: Publisher
  readonly leaseStore: LeaseStore
  readonly laneStore: LaneStore
  readonly sender: WebhookSender
  connectProducer(): Promise<void>
  close(): Promise<void>
}

/** Opens no connection: `connectProducer` connects the producer, and everything else connects on first use. */
export function makeConnections(settings: DispatcherSettings, logger: Logger, metrics: DispatcherMetrics): Connections {
  const kafka = createKafkaClient({
    ...kafkaConnection(settings),
    clientId: 'hooklane-dispatcher',
    logger,
    onOffsetReset: () => metrics.alarms.inc({ kind: 'log_lost' }),
  })
  const producer = new SingleFlightProducer(kafka)
  const publisher = new Publisher({
    clock: systemClock,
    producer,
    onRetry: (error, inMs) => logger.warn({ error, inMs }, 'a record could not be published; trying again'),
  })
  // Three pools, so that lease renewals never queue behind takeovers, and takeovers never queue behind writes of lanes.
  const renewals = makePool(settings, logger, { name: 'renewal', max: 2, statementTimeoutMs: 3_000 })
  const grants = makePool(settings, logger, { name: 'lease', max: 2, statementTimeoutMs: 3_000 })
  const lanes = makePool(settings, logger, { name: 'lane', max: 8, statementTimeoutMs: 5_000 })
  const sender = new HttpWebhookSender({
    allowTargets: parseAllowTargets(settings.allowTargets),
    perHostMax: settings.perHostMax,
    onDistrusted: (origin) => {
      metrics.distrustedOrigins.inc()
      logger.info(
        { origin },
        'a receiver sent bytes that belong to no request: for ten minutes, each request to it uses its own connection',
      )
    },
  })
  return {
    kafka,
    admin: new KafkaLogAdmin(kafka),
    publisher,
    leaseStore: new PostgresLeaseStore(grants, renewals),
    laneStore: new PostgresLaneStore(lanes),
    sender,
    connectProducer: () => producer.connect(),
    close: async () => {
      await producer.close()
      await sender.close()
      await Promise.all([renewals, grants, lanes].map((pool) => pool.end()))
    },
  }
}

function makePool(
  settings: DispatcherSettings,
  logger: Logger,
  {
    name,
    max,
    statementTimeoutMs,
  }: { readonly name: string; readonly max: number; readonly statementTimeoutMs: number },
): PgPool {
  return createPool({
    url: settings.databaseUrl,
    role: 'hooklane_dispatcher',
    applicationName: `hooklane-dispatcher-${name}`,
    maxConnections: max,
    statementTimeoutMs,
    onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
  })
}
