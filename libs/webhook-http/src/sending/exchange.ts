import type { Dispatcher } from 'undici'
import type { WebhookResponse } from '@hooklane/core'
import { ExchangeFailed } from './failure.js'

/** Body bytes read before we stop listening. */
const MAX_READ_BYTES = 16 * 1024
/** Body bytes, and header characters, that are kept for people to read. */
const MAX_KEPT_BYTES = 4 * 1024
/** Interim answers (1xx) before the receiver is taken for broken: undici lets them go on for ever. */
const MAX_INTERIM = 16

type Headers = Record<string, string | string[] | undefined>

/** How an exchange ended: an answer read to its end, an answer cut by us at the limit, or a failure. */
export type ExchangeEnd =
  | {
      readonly kind: 'answered'
      readonly wasCut: boolean
      readonly response: WebhookResponse
      readonly retryAfter: string | undefined
    }
  | { readonly kind: 'failed'; readonly error: unknown; readonly response: WebhookResponse | null }

/**
 * One request and its answer, as undici's handler. Tells its end once; whatever comes afterwards is ignored. `mayStart` is asked in the
 * tick of the socket write: a process that was frozen while it connected must not send after its time.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private status = 0
  private headers: Headers = {}
  private readonly chunks: Buffer[] = []
  private keptBytes = 0
  private readBytes = 0
  private interim = 0
  private isOver = false

  constructor(
    private readonly mayStart: () => boolean,
    private readonly onEnd: (end: ExchangeEnd) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver || !this.mayStart()) controller.abort(new ExchangeFailed('timeout'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status >= 200) {
      this.status = status
      this.headers = headers
    } else if (++this.interim > MAX_INTERIM) {
      this.fail(new ExchangeFailed('protocol'))
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.readBytes += chunk.length
    if (this.keptBytes < MAX_KEPT_BYTES) {
      const kept = chunk.subarray(0, MAX_KEPT_BYTES - this.keptBytes)
      // A copy: the chunk is a view into the whole read buffer.
      this.chunks.push(Buffer.from(kept))
      this.keptBytes += kept.length
    }
    if (this.readBytes > MAX_READ_BYTES) this.answer(true)
  }

  onResponseEnd(): void {
    this.answer(false)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  /** Ends it from outside: the time is up. */
  fail(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    this.onEnd({ kind: 'failed', error, response: this.response() })
  }

  private answer(wasCut: boolean): void {
    const response = this.response()
    if (this.isOver || response === null) return
    this.isOver = true
    const retryAfter = this.headers['retry-after']
    this.onEnd({
      kind: 'answered',
      wasCut,
      response,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    })
  }

  /** Null while no final status has come. */
  private response(): WebhookResponse | null {
    if (this.status === 0) return null
    const body = this.chunks.length === 0 ? '' : textOf(Buffer.concat(this.chunks))
    return { status: this.status, headers: keptHeaders(this.headers), body }
  }
}

/** The first 4 KiB of headers. `Object.fromEntries` defines every name, `__proto__` too, as a plain member. */
function keptHeaders(headers: Headers): Readonly<Record<string, string>> {
  const kept: [string, string][] = []
  let size = 0
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const text = Array.isArray(value) ? value.join(', ') : value
    size += name.length + text.length
    if (size > MAX_KEPT_BYTES) break
    kept.push([name, text])
  }
  return Object.fromEntries(kept)
}

/** UTF-8; what is none becomes U+FFFD, as does NUL, which no Postgres text holds. At most 4 KiB again when written as UTF-8. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8').replaceAll('\0', '\ufffd')
  const encoded = Buffer.from(text, 'utf8')
  if (encoded.length <= MAX_KEPT_BYTES) return text
  // A character cut in two decodes to U+FFFD, which may be longer than what it replaces: leave it out.
  let end = MAX_KEPT_BYTES
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.toString('utf8', 0, end)
}
