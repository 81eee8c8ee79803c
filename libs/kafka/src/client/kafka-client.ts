import type { Kafka, RetryOptions, SASLOptions } from 'kafkajs'
import { kafkajs } from './kafkajs.js'
import { createLogCreator, type OffsetReset } from './log-creator.js'
import type { KafkaLogger } from './logger.js'

export interface KafkaClientOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[]
  /** Names the process in the broker's log and quotas. */
  readonly clientId: string
  /** TLS with verified certificates. */
  readonly ssl?: boolean
  readonly sasl?: KafkaSasl | undefined
  readonly logger: KafkaLogger
  /** A consumer was moved to another offset than it asked for: records were lost to retention, or the topic was recreated. Raise an alarm. */
  readonly onOffsetReset?: (reset: OffsetReset) => void
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

/** One per process: what consumers, producers and admins are made of. Opens no connection by itself. */
export interface KafkaClient {
  readonly kafka: Kafka
  /** The same for questions that somebody waits for: connecting gives up, too (`GIVE_UP_SOON`), whatever its users are told. */
  readonly impatientKafka: Kafka
  readonly logger: KafkaLogger
}

/**
 * A broker's absence is waited out, however long: consumers and producers go on by themselves 0.3–0.6 s after it is back. Fewer retries
 * would turn an outage into errors in every caller; whoever cannot wait sets a deadline of its own.
 */
export const OUTLAST_OUTAGES: RetryOptions = {
  retries: Number.MAX_SAFE_INTEGER,
  initialRetryTime: 100,
  maxRetryTime: 2000,
  factor: 0.2,
  multiplier: 2,
}

/** For questions that somebody waits for: an error after this time at the latest. Longer would outlast a lease. */
export const GIVE_UP_AFTER_MS = 15_000

/** Connections that are refused are given up after about as long; those that nobody answers take longer (`GIVE_UP_AFTER_MS` ends both). */
export const GIVE_UP_SOON: RetryOptions = { ...OUTLAST_OUTAGES, retries: 10 }

export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const { logger, onOffsetReset } = options
  const logCreator = createLogCreator(logger, (reset) => {
    logger.error(reset, 'a reader was moved to another offset than it asked for: records are missing')
    onOffsetReset?.(reset)
  })
  // What a producer, consumer or admin is told of retries does not reach its connections: they have those of the client.
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
