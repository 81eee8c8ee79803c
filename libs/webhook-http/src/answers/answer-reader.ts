import type { WebhookResponse } from '@hooklane/core/delivery'
import { AnswerHead, type HeadFault } from './answer-head.js'
import { ChunkedBody } from './chunked-body.js'
import { KeptBody, keptHeaders } from './kept-response.js'

/** Maximum bytes of a body that are read. After them the connection is closed, because the status is enough to judge the attempt. */
const MAX_BODY_BYTES = 16 * 1024
/** Maximum interim answers (1xx) before the receiver counts as broken. One or two are usual. */
const MAX_INTERIM = 16

/** What makes an answer unreadable; a closed set, shown in messages. */
export type AnswerFault = HeadFault | 'too many interim answers' | 'bad length' | 'bad chunk'

/** `complete`: the answer ended as HTTP requires. `cut`: its body exceeds the limit and is not read to its end. `invalid`: see `fault`. */
export type AnswerProgress = 'more' | 'complete' | 'cut' | 'invalid'

/**
 * Reads one answer to one POST from the bytes of a connection, as they arrive. Accepts any bytes. The result does not depend on how the
 * bytes are split into pieces, and the limits above bound the memory. Interim answers (1xx) are skipped, even if the request did not ask
 * for them (RFC 9110, 15.2). The exception is 101: it counts as the final answer, because the receiver stops using HTTP.
 */
export class AnswerReader {
  /** What is wrong with the answer; null unless the progress is `invalid`. */
  fault: AnswerFault | null = null
  /** Whether any byte has arrived. */
  hasBegun = false
  /** Whether bytes arrived after the end of the answer. They belong to no request. */
  hasSurplus = false
  private progress: AnswerProgress = 'more'
  private head = new AnswerHead()
  private isHeadDone = false
  /** The part of the current header line that has arrived. */
  private line = ''
  private interim = 0
  private bodyBytes = 0
  /** Length of the body; infinite when its chunks or the end of the connection determine its end. */
  private bodyLength = Number.POSITIVE_INFINITY
  private chunks: ChunkedBody | null = null
  private canPersist = false
  private readonly body = new KeptBody()

  take(bytes: Buffer): AnswerProgress {
    if (bytes.length === 0) return this.progress
    this.hasBegun = true
    let at = 0
    if (this.isInHead()) at = this.takeHead(bytes)
    if (this.progress === 'more' && this.isHeadDone) at = this.takeBody(bytes, at)
    if (this.progress === 'complete' && at < bytes.length) this.hasSurplus = true
    return this.progress
  }

  /**
   * Call when the receiver has ended its side. A body without length and chunks is then complete; another unfinished answer stays `more`.
   */
  end(): AnswerProgress {
    const lastsUntilEnd = this.isHeadDone && this.chunks === null && this.bodyLength === Number.POSITIVE_INFINITY
    if (this.progress === 'more' && lastsUntilEnd) this.progress = 'complete'
    return this.progress
  }

  /** Whether another request may use the connection: as far as the read bytes show, no part of this answer can still arrive. */
  canReuseConnection(): boolean {
    return this.progress === 'complete' && this.canPersist && !this.hasSurplus
  }

  /** The `timeout` of the header `Keep-Alive`, in seconds; null when there is none. */
  keepAliveSeconds(): number | null {
    const [, seconds] = /(?:^|[,;\s])timeout\s*=\s*(\d+)/i.exec(this.head.valueOf('keep-alive') ?? '') ?? []
    return seconds === undefined ? null : Number(seconds)
  }

  get retryAfter(): string | undefined {
    return this.head.firstOf('retry-after')
  }

  /** The answer as read so far; null before the status line of a final answer. */
  response(): WebhookResponse | null {
    const { status, isInterim } = this.head
    if (status === 0 || isInterim) return null
    return { status, headers: keptHeaders(this.head.headers()), body: this.body.text() }
  }

  private takeHead(bytes: Buffer): number {
    let at = 0
    while (this.isInHead() && at < bytes.length) {
      const lineFeed = bytes.indexOf(LF, at)
      const to = lineFeed < 0 ? bytes.length : lineFeed
      if (!this.canBeAnswer(bytes, at, to)) this.refuse('no status line')
      else if (this.head.isTooLarge(this.line.length + to - at)) this.refuse('headers too large')
      else this.line += bytes.toString('latin1', at, to)
      if (lineFeed >= 0 && this.isInHead()) this.takeLine()
      at = lineFeed < 0 ? to : to + 1
    }
    return at
  }

  /**
   * Whether the bytes can begin an HTTP answer. Other bytes (for example a TLS alert) may have no line end, so they are refused at once.
   */
  private canBeAnswer(bytes: Buffer, from: number, to: number): boolean {
    if (this.head.status !== 0 || this.line.length >= HTTP.length) return true
    const begin = (this.line + bytes.toString('latin1', from, Math.min(to, from + HTTP.length))).slice(0, HTTP.length)
    return HTTP.startsWith(begin) || begin === '\r'
  }

  private isInHead(): boolean {
    return this.progress === 'more' && !this.isHeadDone
  }

  private takeLine(): void {
    const result = this.head.take(this.line)
    this.line = ''
    if (result === 'more') return
    if (result !== 'done') this.refuse(result)
    else if (!this.head.isInterim) this.beginBody()
    else if (++this.interim > MAX_INTERIM) this.refuse('too many interim answers')
    else this.head = new AnswerHead()
  }

  private beginBody(): void {
    this.isHeadDone = true
    this.canPersist = this.head.isPersistent()
    const framing = this.head.framing()
    switch (framing.kind) {
      case 'none':
        this.bodyLength = 0
        if (framing.claimsBody) this.canPersist = false
        break
      case 'length':
        this.bodyLength = framing.bytes
        break
      case 'chunked':
        this.chunks = new ChunkedBody((part) => this.body.keep(part))
        if (framing.isAmbiguous) this.canPersist = false
        break
      case 'untilClose':
        this.canPersist = false
        break
      case 'invalid':
        this.refuse('bad length')
    }
    if (this.bodyLength === 0) this.progress = 'complete'
  }

  private takeBody(received: Buffer, from: number): number {
    // One byte above the limit is enough to know that the limit is exceeded, however many bytes arrived at once.
    const bytes = received.subarray(0, from + MAX_BODY_BYTES + 1 - this.bodyBytes)
    const at = this.chunks ? this.takeChunks(this.chunks, bytes, from) : this.takePlain(bytes, from)
    this.bodyBytes += at - from
    if (this.bodyBytes > MAX_BODY_BYTES && this.progress !== 'invalid') this.progress = 'cut'
    return at
  }

  private takeChunks(chunks: ChunkedBody, bytes: Buffer, from: number): number {
    const at = chunks.take(bytes, from)
    if (chunks.isInvalid) this.refuse('bad chunk')
    if (chunks.isOver) this.progress = 'complete'
    return at
  }

  private takePlain(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.bodyLength - this.bodyBytes)
    this.body.keep(bytes.subarray(from, to))
    if (this.bodyBytes + to - from === this.bodyLength) this.progress = 'complete'
    return to
  }

  private refuse(fault: AnswerFault): void {
    this.fault = fault
    this.progress = 'invalid'
  }
}

const LF = 0x0a
const HTTP = 'HTTP/'
