/** Errors of this library. `code` is stable; nothing decides by the message. */
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
  /** The record can never be written: nothing of it was sent. */
  | 'RECORD_TOO_LARGE'
  /** The topic is missing: nothing was sent. */
  | 'UNKNOWN_TOPIC'
  /** The partition is missing: nothing was sent. */
  | 'UNKNOWN_PARTITION'
  /** It is not known whether the record was written. */
  | 'OUTCOME_UNKNOWN'
  /** The record was not sent because one before it failed: publish both again, in order. */
  | 'NOT_SENT'
  | 'CLOSED'
  /** The cluster did not answer in time. */
  | 'TIMED_OUT'

/**
 * The transactional producer is of no use any more: throw it away, open a new one under the same id, and read the committed offset to
 * learn what became of the last transaction.
 */
export class ProducerLost extends LogError {
  override readonly name = 'ProducerLost'
  constructor(
    /** Another process has opened the same transactional id: it owns the partition now. */
    readonly fenced: boolean,
    cause: unknown,
  ) {
    super(
      'OUTCOME_UNKNOWN',
      fenced ? 'another process writes under this transactional id' : 'the transaction failed: its outcome is unknown',
      cause,
    )
  }
}

/** INVALID_PRODUCER_EPOCH, PRODUCER_FENCED. */
const FENCED_CODES: ReadonlySet<unknown> = new Set([47, 90])

/** Follows `cause` (kafkajs wraps errors several deep) to the broker's verdict. */
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
