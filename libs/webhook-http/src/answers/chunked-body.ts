/** Maximum length of a chunk-size line, including its extensions, and of a trailer line. */
const MAX_LINE_BYTES = 4 * 1024
const SIZE_LINE = /^([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?$/

type State = 'size' | 'data' | 'dataEnd' | 'trailer' | 'over' | 'invalid'

/**
 * Decodes a chunked body (RFC 9112, 7.1) as its bytes arrive. Strict, unlike `AnswerHead`, because a misread chunk would move the end of
 * the answer.
 */
export class ChunkedBody {
  private state: State = 'size'
  /** The part of the current line that has arrived. */
  private line = ''
  private bytesLeft = 0

  constructor(private readonly onData: (part: Buffer) => void) {}

  get isOver(): boolean {
    return this.state === 'over'
  }

  get isInvalid(): boolean {
    return this.state === 'invalid'
  }

  /** Returns the index behind the last consumed byte. Bytes are left over only if the body has ended or is invalid. */
  take(bytes: Buffer, from: number): number {
    let at = from
    while (at < bytes.length && !this.isOver && !this.isInvalid) {
      at = this.state === 'data' ? this.takeData(bytes, at) : this.takeLine(bytes, at)
    }
    return at
  }

  private takeData(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.bytesLeft)
    this.onData(bytes.subarray(from, to))
    this.bytesLeft -= to - from
    if (this.bytesLeft === 0) this.state = 'dataEnd'
    return to
  }

  private takeLine(bytes: Buffer, from: number): number {
    const lineFeed = bytes.indexOf(LF, from)
    const to = lineFeed < 0 ? bytes.length : lineFeed
    this.line += bytes.toString('latin1', from, to)
    if (this.line.length > MAX_LINE_BYTES) this.state = 'invalid'
    else if (lineFeed >= 0) {
      const { line } = this
      this.line = ''
      this.state = line.indexOf('\r') === line.length - 1 ? this.after(line.slice(0, -1)) : 'invalid'
    }
    return lineFeed < 0 ? to : to + 1
  }

  private after(line: string): State {
    if (this.state === 'dataEnd') return line === '' ? 'size' : 'invalid'
    if (this.state === 'trailer') return line === '' ? 'over' : 'trailer'
    const [, size] = SIZE_LINE.exec(line) ?? []
    if (size === undefined) return 'invalid'
    this.bytesLeft = Number.parseInt(size, 16)
    return this.bytesLeft === 0 ? 'trailer' : 'data'
  }
}

const LF = 0x0a
