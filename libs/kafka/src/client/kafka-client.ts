import type { Kafka, RetryOptions, SASLOptions } from 'kafkajs'
import { kafkajs } from './kafkajs.js'
import { createLogCreator, type OffsetReset } from './client-logging.js'
import type { KafkaLogger } from './logger.js'

export interface KafkaClientOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[]
  /** Identifies the process in the broker's log and quotas. */
  readonly clientId: string
  /** TLS with verified certificates. */
  readonly ssl?: boolean
  readonly sasl?: KafkaSasl | undefined
  readonly logger: KafkaLogger
  /**
   * Called when a consumer was moved to another offset than it asked for, because retention deleted records or the topic was recreated.
   * Raise an alarm.
   */
  readonly onOffsetReset?: (reset: OffsetReset) => void
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** Makes consumers, producers and admins; one per process. Opens no connection by itself. */
export interface KafkaClient {
  readonly kafka: Kafka
  /**
   * A second client, for queries that must not wait for long. Its connections give up too (`GIVE_UP_SOON`), because connections use
   * the retries of their client, whatever an admin or a consumer sets.
   */
  readonly impatientKafka: Kafka
  readonly logger: KafkaLogger
}

/**
 * Retries until a broker answers, however long that takes. Consumers and producers resume by themselves 0.3–0.6 s after the broker is back.
 * With fewer retries, an outage would cause errors in every caller. A caller that cannot wait sets its own deadline.
 */
export const OUTLAST_OUTAGES: RetryOptions = {
  retries: Number.MAX_SAFE_INTEGER,
  initialRetryTime: 100,
  maxRetryTime: 2000,
  factor: 0.2,
  multiplier: 2,
}

/** Maximum time of a query that a caller waits for. After that, the query fails. Too high: a query outlasts a lease. */
export const GIVE_UP_AFTER_MS = 15_000

/**
 * Retries that end after about `GIVE_UP_AFTER_MS` if the broker refuses connections. If no broker answers, the retries would take longer,
 * so a timer also ends each query after `GIVE_UP_AFTER_MS`.
 */
export const GIVE_UP_SOON: RetryOptions = { ...OUTLAST_OUTAGES, retries: 10 }

export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const { logger, onOffsetReset } = options
  const logCreator = createLogCreator(logger, (reset) => {
    logger.error(reset, 'a consumer was moved to another offset than it asked for: records are missing')
    onOffsetReset?.(reset)
  })
  // Retries that are set for a producer, consumer or admin do not apply to its connections, which use the retries of the client.
  const make = (retry: RetryOptions) =>
    new kafkajs.Kafka({
      clientId: options.clientId,
      brokers: [...options.brokers],
      ssl: options.ssl ?? false,
      ...(options.sasl ? { sasl: options.sasl as SASLOptions } : {}),
      retry,
      connectionTimeout: 3000,
      authenticationTimeout: 10_000,
      enforceRequestTimeout: true,
      requestTimeout: 30_000,
      logLevel: kafkajs.logLevel.INFO,
      logCreator,
    })
  return { kafka: make(OUTLAST_OUTAGES), impatientKafka: make(GIVE_UP_SOON), logger }
}
