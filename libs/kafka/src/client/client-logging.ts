import type { LogEntry, logCreator } from 'kafkajs'
import { LineLimiter } from '@hooklane/core/kernel'
import { kafkajs, retriableErrorMessages } from './kafkajs.js'
import type { KafkaLogger } from './logger.js'

/** The client logs this when it resets to another offset because records were lost or the topic was recreated. Nothing else reports it. */
const OUT_OF_RANGE = 'Offset out of range, resetting to default offset'

export interface OffsetReset {
  readonly topic: string
  readonly partition: number
  readonly groupId: string
}

/**
 * Converts the client's log into ours. Transient errors and information are logged as `debug`, all other errors and warnings as `warn`,
 * because the caller of the client gets the error and decides how serious it is. Of equal warnings, one per ten seconds is logged, with the
 * number of those left out.
 */
export function createLogCreator(logger: KafkaLogger, onOffsetReset: (reset: OffsetReset) => void): logCreator {
  const limiter = new LineLimiter()

  return () => (entry: LogEntry) => {
    const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = entry.log
    if (message === OUT_OF_RANGE) {
      onOffsetReset({
        topic: String(fields.topic),
        partition: Number(fields.partition),
        groupId: String(fields.groupId),
      })
    }
    // When the client names the time of its next retry, it has not given up.
    const isTransient =
      fields.retryTime !== undefined || (typeof fields.error === 'string' && retriableErrorMessages.has(fields.error))
    const { ERROR, WARN } = kafkajs.logLevel
    if (isTransient || (entry.level !== ERROR && entry.level !== WARN)) {
      logger.debug({ kafka: fields }, message)
      return
    }
    const kind = `${entry.namespace}\0${message}\0${String(fields.broker)}\0${String(fields.groupId)}`
    const repeated = limiter.admit(kind, performance.now())
    if (repeated !== null) logger.warn({ kafka: fields, repeated }, `Kafka client: ${message}`)
  }
}
