/** Errors of this library. `code` is stable; code must not depend on the message. */
export class LogError extends Error {
  override readonly name: string = 'LogError'
  constructor(
    readonly code: LogErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

export type LogErrorCode =
  /** The record can never be written; it was not sent. */
  | 'RECORD_TOO_LARGE'
  /** The topic does not exist; nothing was sent. */
  | 'UNKNOWN_TOPIC'
  /** The partition does not exist; nothing was sent. */
  | 'UNKNOWN_PARTITION'
  /** It is unknown whether the record was written. */
  | 'OUTCOME_UNKNOWN'
  /** The record was not sent because a record before it failed. Publish both again, in order. */
  | 'NOT_SENT'
  | 'CLOSED'
  /** The cluster did not answer in time. */
  | 'TIMED_OUT'

/**
 * The transactional producer cannot be used any more. Discard it, open a new one with the same id, and read the committed offset to learn
 * the outcome of the last transaction.
 */
export class ProducerLost extends LogError {
  override readonly name = 'ProducerLost'
  constructor(
    /** Whether another process has opened the same transactional id and so owns the partition now. */
    readonly fenced: boolean,
    cause: unknown,
  ) {
    super(
      'OUTCOME_UNKNOWN',
      fenced ? 'another process has opened this transactional id' : 'the transaction failed: its outcome is unknown',
      cause,
    )
  }
}

/** Kafka's error codes INVALID_PRODUCER_EPOCH and PRODUCER_FENCED. */
const FENCED_CODES: ReadonlySet<unknown> = new Set([47, 90])

/** Whether the error, or one of its causes (kafkajs nests several), says that the producer was fenced. */
export function isFenced(error: unknown): boolean {
  return chainOf(error).some((link) => FENCED_CODES.has(link.code))
}

export function hasErrorType(error: unknown, type: string): boolean {
  return chainOf(error).some((link) => link.type === type)
}

interface KafkaErrorLink {
  readonly code?: unknown
  readonly type?: unknown
  readonly cause?: unknown
}

function chainOf(error: unknown): KafkaErrorLink[] {
  const chain: KafkaErrorLink[] = []
  for (let link = error; typeof link === 'object' && link !== null && chain.length < 10;) {
    chain.push(link)
    link = (link as KafkaErrorLink).cause
  }
  return chain
}

export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
