import type { WebhookResponse } from '@hooklane/core/delivery'
import { AnswerHead, type HeadFault } from './answer-head.js'
import { ChunkedBody } from './chunked-body.js'
import { KeptBody, keptHeaders } from './kept-response.js'

/** Bytes of a body that are read before we stop listening: its status is known, and nobody needs the rest. */
const MAX_BODY_BYTES = 16 * 1024
/** Interim answers (1xx) before the receiver is taken for broken. One or two are usual. */
const MAX_INTERIM = 16

/** What makes an answer unreadable: a closed set, shown to people. */
export type AnswerFault = HeadFault | 'too many interim answers' | 'its length' | 'a chunk'

/** `complete`: ended as HTTP says it must. `cut`: longer than is worth reading. `invalid`: see `fault`. */
export type AnswerProgress = 'more' | 'complete' | 'cut' | 'invalid'

/**
 * Reads one answer to one POST from the bytes of a connection, as they come. Total: any bytes in pieces of any size give the same progress, memory is
 * bounded by the limits above. Interim answers are passed over, asked for or not (RFC 9110, 15.2), but 101: the receiver left HTTP.
 */
export class AnswerReader {
  /** What is wrong with it; null unless `invalid`. */
  fault: AnswerFault | null = null
  /** Whether a byte came, of whatever. */
  hasBegun = false
  /** Whether bytes came after the end of the answer: nobody asked for them. */
  hasSurplus = false
  private progress: AnswerProgress = 'more'
  private head = new AnswerHead()
  private isHeadDone = false
  /** The part of a header line that has come. */
  private line = ''
  private interim = 0
  private bodyBytes = 0
  /** Until when the body lasts; infinite when its chunks or the end of the connection say so. */
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

  /** The receiver ended its side: what lasts until then is complete, anything else stays incomplete (`more`). */
  end(): AnswerProgress {
    const lastsUntilEnd = this.isHeadDone && this.chunks === null && this.bodyLength === Number.POSITIVE_INFINITY
    if (this.progress === 'more' && lastsUntilEnd) this.progress = 'complete'
    return this.progress
  }

  /** Whether the next answer on this connection can only be the next request's, as far as the bytes say. */
  canReuseConnection(): boolean {
    return this.progress === 'complete' && this.canPersist && !this.hasSurplus
  }

  /** `Keep-Alive: timeout`, in seconds; null without one. */
  keepAliveSeconds(): number | null {
    const [, seconds] = /(?:^|[,;\s])timeout\s*=\s*(\d+)/i.exec(this.head.valueOf('keep-alive') ?? '') ?? []
    return seconds === undefined ? null : Number(seconds)
  }

  get retryAfter(): string | undefined {
    return this.head.firstOf('retry-after')
  }

  /** What came so far; null before the status line of a final answer. */
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

  /** What is no HTTP (an alert of TLS, say) may never end its line: it is not waited for. */
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
        this.refuse('its length')
    }
    if (this.bodyLength === 0) this.progress = 'complete'
  }

  private takeBody(received: Buffer, from: number): number {
    // One byte above the limit tells that it is exceeded, however many came at once.
    const bytes = received.subarray(0, from + MAX_BODY_BYTES + 1 - this.bodyBytes)
    const at = this.chunks ? this.takeChunks(this.chunks, bytes, from) : this.takePlain(bytes, from)
    this.bodyBytes += at - from
    if (this.bodyBytes > MAX_BODY_BYTES && this.progress !== 'invalid') this.progress = 'cut'
    return at
  }

  private takeChunks(chunks: ChunkedBody, bytes: Buffer, from: number): number {
    const at = chunks.take(bytes, from)
    if (chunks.isInvalid) this.refuse('a chunk')
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
