/** Reads the fields of one message in order. Throws a `RangeError` if the message ends too early, because the message is then not valid. */
export class MessageReader {
  private at = 0

  constructor(private readonly bytes: Buffer) {}

  uint8(): number {
    const value = this.bytes.readUInt8(this.at)
    this.at += 1
    return value
  }

  int16(): number {
    const value = this.bytes.readInt16BE(this.at)
    this.at += 2
    return value
  }

  int32(): number {
    const value = this.bytes.readInt32BE(this.at)
    this.at += 4
    return value
  }

  uint32(): number {
    const value = this.bytes.readUInt32BE(this.at)
    this.at += 4
    return value
  }

  /** LSNs and timestamps. */
  uint64(): bigint {
    const value = this.bytes.readBigUInt64BE(this.at)
    this.at += 8
    return value
  }

  /** Text that ends with a zero byte. */
  name(): string {
    const end = this.bytes.indexOf(0, this.at)
    if (end < 0) throw new RangeError('a text of the message is not terminated')
    const text = this.bytes.toString('utf8', this.at, end)
    this.at = end + 1
    return text
  }

  /** Keeps every character: a byte order mark at the start is part of the value. */
  text(length: number): string {
    return this.slice(length).toString('utf8')
  }

  /** The returned buffer shares memory with the message. */
  slice(length: number): Buffer {
    const end = this.at + length
    if (length < 0 || end > this.bytes.length) throw new RangeError('a part of the message is longer than the message')
    const part = this.bytes.subarray(this.at, end)
    this.at = end
    return part
  }
}
