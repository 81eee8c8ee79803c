import type { WebhookResponse } from '@hooklane/core/delivery'
import { AnswerReader } from '../answers/answer-reader.js'
import type { Connection, Occupant } from './connection.js'
import { ExchangeFailed, isReset, type FailureCode } from './failure.js'

/** How an exchange ended. */
export type ExchangeEnd =
  | {
      readonly kind: 'answered'
      readonly response: WebhookResponse
      readonly retryAfter: string | undefined
      /**
       * Whether the whole request was sent before the answer ended. If not, the receiver can have refused the request, but not accepted it.
       */
      readonly wasRequestSent: boolean
      readonly canReuseConnection: boolean
      /** Whether bytes arrived after the answer. */
      readonly hasSurplus: boolean
      readonly keepAliveSeconds: number | null
    }
  /** `response`: the part of an answer that had arrived; null before its status line. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly response: WebhookResponse | null }
  /** The receiver closed a kept connection and had sent no byte since the request. It is unknown whether it read the request. */
  | { readonly kind: 'unanswered'; readonly error: unknown }
  /** A kept connection was lost before a byte of the request was written. */
  | { readonly kind: 'notWritten' }

export interface ExchangeOptions {
  readonly bytes: (isKept: boolean) => Buffer
  /** Returns why the request must not be written now; null: it may be written. Called last, when the bytes are ready. */
  readonly refusal: () => FailureCode | null
  readonly onEnd: (end: ExchangeEnd) => void
}

/** One request and its answer on one connection. Reports its end once and ignores everything after that. */
export class Exchange implements Occupant {
  hasBegun = false
  private readonly reader = new AnswerReader()
  private isOver = false

  constructor(
    private readonly connection: Connection,
    private readonly options: ExchangeOptions,
  ) {}

  begin(isKept: boolean): Buffer | null {
    if (this.isOver) return null
    const bytes = this.options.bytes(isKept)
    const refusal = this.options.refusal()
    if (refusal !== null) {
      this.fail(new ExchangeFailed(refusal))
      return null
    }
    this.hasBegun = true
    return bytes
  }

  onData(bytes: Buffer): void {
    const progress = this.reader.take(bytes)
    if (this.isOver || progress === 'more') return
    if (progress === 'invalid') this.fail(new ExchangeFailed('protocol', this.reader.fault))
    else this.answer()
  }

  onEnd(): void {
    if (this.isOver) return
    if (this.reader.end() === 'complete') this.answer()
    else if (this.reader.hasBegun) this.fail(new ExchangeFailed('incomplete'))
    else this.failUnanswered(new ExchangeFailed('reset'))
  }

  onFailure(error: unknown): void {
    if (this.reader.hasBegun) this.fail(error)
    else this.failUnanswered(error)
  }

  onNotWritten(): void {
    this.end({ kind: 'notWritten' })
  }

  /** Ends the exchange with a failure. Also called from outside, when the time is up. */
  fail(error: unknown): void {
    if (!this.isOver) this.end({ kind: 'failed', error, response: this.reader.response() })
  }

  private failUnanswered(error: unknown): void {
    if (this.hasBegun && this.connection.isReused && isReset(error)) this.end({ kind: 'unanswered', error })
    else this.fail(error)
  }

  private answer(): void {
    if (this.connection.hasSentAll()) {
      this.tellAnswer(true)
      return
    }
    this.isOver = true
    // If the kernel has taken the last bytes in this turn of the event loop, `hasSentAll` returns true only in the next turn.
    setImmediate(() => this.tellAnswer(this.connection.hasSentAll()))
  }

  private tellAnswer(wasRequestSent: boolean): void {
    this.isOver = true
    const { reader } = this
    const response = reader.response()
    if (response === null) {
      // A defect of ours: an answer without a status is never complete.
      this.options.onEnd({ kind: 'failed', error: new ExchangeFailed('internal'), response })
      return
    }
    this.options.onEnd({
      kind: 'answered',
      response,
      retryAfter: reader.retryAfter,
      wasRequestSent,
      canReuseConnection: reader.canReuseConnection() && wasRequestSent,
      hasSurplus: reader.hasSurplus,
      keepAliveSeconds: reader.keepAliveSeconds(),
    })
  }

  private end(end: ExchangeEnd): void {
    if (this.isOver) return
    this.isOver = true
    this.options.onEnd(end)
  }
}
