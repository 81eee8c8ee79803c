import { writeSync } from 'node:fs'

export interface LineOutputOptions {
  readonly fd: number
  /** When the waiting lines reach this size, in characters, they are written at once. */
  readonly flushAt: number
  /**
   * Maximum time for which a line waits for others. Too low: one system call per line. Too high: more lines are lost when the process is
   * killed.
   */
  readonly flushEveryMs: number
}

/** Maximum memory for lines that the reader of the log does not take; further lines are lost. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024
/** Maximum number of tries to write to a blocked reader at the end of the process. Too low: lines are lost. Too high: delays the end. */
const LAST_TRIES = 20
const LAST_TRY_EVERY_MS = 50

/** EAGAIN: the pipe is full because its reader has not read the earlier bytes. */
const BUSY = new Set<unknown>(['EAGAIN', 'EBUSY'])
const NOTHING = Buffer.alloc(0)
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Collects log lines and writes them together. Lines that cannot be written (there is no reader, or the disk is full) are lost, and the
 * process works and ends as usual, because its work is more important than its log.
 */
export class LineOutput {
  private waiting = ''
  /** The bytes that a write did not take. They may begin within a line. */
  private unwritten: Buffer = NOTHING

  constructor(private readonly options: LineOutputOptions) {
    setInterval(() => this.flush(), options.flushEveryMs).unref()
  }

  write(line: string): void {
    if (this.waiting.length + this.unwritten.length > MAX_UNWRITTEN_BYTES) return
    this.waiting += line
    // While the reader is blocked, retries by the timer are enough.
    if (this.waiting.length >= this.options.flushAt && this.unwritten.length === 0) this.flush()
  }

  /** Writes all lines at the end of the process. Waits for a slow reader, but not for ever. */
  flushSync(): void {
    this.flush(LAST_TRIES)
  }

  private flush(triesWhileBusy = 0): void {
    let bytes = Buffer.concat([this.unwritten, Buffer.from(this.waiting)])
    this.waiting = ''
    for (let triesLeft = triesWhileBusy; bytes.length > 0;) {
      try {
        bytes = bytes.subarray(writeSync(this.options.fd, bytes))
      } catch (error) {
        const isBusy = BUSY.has((error as NodeJS.ErrnoException).code)
        if (!isBusy) bytes = NOTHING
        else if (triesLeft-- > 0) Atomics.wait(never, 0, 0, LAST_TRY_EVERY_MS)
        else break
      }
    }
    this.unwritten = bytes
  }
}
