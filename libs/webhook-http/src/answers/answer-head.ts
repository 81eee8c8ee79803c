import { framingOf, listOf, trimBlanks, type Framing } from './framing.js'

/**
 * Maximum size of the header block of an answer; the same as Node's own limit. Too low: receivers behind proxies that add many headers
 * fail. Too high: hostile receivers use more memory.
 */
const MAX_HEAD_BYTES = 16 * 1024

const STATUS_LINE = /^HTTP\/(\d)(?:\.(\d))? +(\d{3})(?: .*)?$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** NUL, and a CR that does not end a line. Attackers use both to smuggle header lines into an answer (RFC 9110, 5.5). */
const FORBIDDEN = /[\0\r]/

/** Why a head cannot be used; a closed set. */
export type HeadFault = 'no status line' | 'bad header line' | 'headers too large'

/** `done`: the blank line after the headers was read. */
export type HeadProgress = 'more' | 'done' | HeadFault

/**
 * Parses the status line and the headers of one answer, line by line (RFC 9112). Lenient where the meaning is still certain: a line may end
 * without CR, blanks may follow a name, a value may continue in the next line, and a value may contain any byte except CR, LF and NUL.
 */
export class AnswerHead {
  /** 0 until the status line was read. */
  status = 0
  private isHttp11 = false
  private bytes = 0
  private readonly fields: [name: string, value: string][] = []

  /** @param line without its LF, as latin1: one character per byte */
  take(line: string): HeadProgress {
    this.bytes += line.length + 1
    if (this.bytes > MAX_HEAD_BYTES) return 'headers too large'
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (this.status === 0) return this.takeStatusLine(text)
    return text === '' ? 'done' : this.takeField(text)
  }

  /** Whether the head exceeds its limit. @param unfinishedBytes length of the line whose end has not arrived yet */
  isTooLarge(unfinishedBytes: number): boolean {
    return this.bytes + unfinishedBytes > MAX_HEAD_BYTES
  }

  get isInterim(): boolean {
    return this.status >= 100 && this.status < 200 && this.status !== 101
  }

  framing(): Framing {
    return framingOf(this.status, this.valueOf('transfer-encoding'), this.valueOf('content-length'))
  }

  /** Whether the head allows another request on the connection. */
  isPersistent(): boolean {
    const options = listOf(this.valueOf('connection') ?? '')
    if (options.includes('close') || this.status === 101) return false
    if (this.isHttp11) return true
    // HTTP/1.0 has no transfer codings (RFC 9112, 6.1). If an answer names one, its end is not certain.
    return options.includes('keep-alive') && this.valueOf('transfer-encoding') === undefined
  }

  /** Returns the values of all headers of this name, joined by commas; undefined when there is none. */
  valueOf(name: string): string | undefined {
    let value: string | undefined
    for (const field of this.fields) {
      if (field[0] === name) value = value === undefined ? field[1] : `${value}, ${field[1]}`
    }
    return value
  }

  /** Returns the value of the first header of this name; undefined when there is none. */
  firstOf(name: string): string | undefined {
    return this.fields.find((field) => field[0] === name)?.[1]
  }

  /** Returns all headers by lower-case name, in order of arrival. The values of a repeated header are joined. */
  headers(): ReadonlyMap<string, string> {
    const headers = new Map<string, string>()
    for (const [name, value] of this.fields) {
      const before = headers.get(name)
      headers.set(name, before === undefined ? value : `${before}, ${value}`)
    }
    return headers
  }

  private takeStatusLine(text: string): HeadProgress {
    // Some servers send one line end too many after the previous body.
    if (text === '') return 'more'
    const [, major, minor, status] = STATUS_LINE.exec(text) ?? []
    if (status === undefined || FORBIDDEN.test(text)) return 'no status line'
    this.status = Number(status)
    this.isHttp11 = major === '1' && minor !== '0'
    return this.status === 0 ? 'no status line' : 'more'
  }

  private takeField(text: string): HeadProgress {
    if (FORBIDDEN.test(text)) return 'bad header line'
    if (text.startsWith(' ') || text.startsWith('\t')) return this.continueField(text)
    const colon = text.indexOf(':')
    const name = trimBlanks(text.slice(0, Math.max(colon, 0))).toLowerCase()
    if (!TOKEN.test(name)) return 'bad header line'
    this.fields.push([name, trimBlanks(text.slice(colon + 1))])
    return 'more'
  }

  /** Appends a line to a folded value. A user agent replaces the fold with a blank (RFC 9112, 5.2). */
  private continueField(text: string): HeadProgress {
    const last = this.fields.at(-1)
    if (!last) return 'bad header line'
    const more = trimBlanks(text)
    last[1] = last[1] === '' ? more : `${last[1]} ${more}`
    return 'more'
  }
}
