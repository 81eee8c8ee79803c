import { writeSync } from 'node:fs'

export interface LineOutputOptions {
  readonly fd: number
  /** Bytes (as characters) of waiting lines that are written at once. */
  readonly flushAt: number
  /** A line waits at most this long for others to be written with it. Lower: a system call per line. Higher: a process that is killed takes more with it. */
  readonly flushEveryMs: number
}

/** A reader that stands still may cost this much memory; lines beyond it are lost. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024
/** At the end of the process a reader that stands still is waited for: longer holds the end up, shorter cuts off one that is slow. */
const LAST_TRIES = 20
const LAST_TRY_EVERY_MS = 50

/** EAGAIN: the reader of a pipe has not read what was written before. */
const BUSY = new Set<unknown>(['EAGAIN', 'EBUSY'])
const NOTHING = Buffer.alloc(0)
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Where the lines of a log go: collected, and written together. What cannot be written (nobody reads, the disk is full) is lost, and
 * neither stops the process nor keeps it from ending: it exists for its work, not for its log.
 */
export class LineOutput {
  private waiting = ''
  /** What a write did not take; it may begin within a line. */
  private unwritten: Buffer = NOTHING

  constructor(private readonly options: LineOutputOptions) {
    setInterval(() => this.flush(), options.flushEveryMs).unref()
  }

  write(line: string): void {
    if (this.waiting.length + this.unwritten.length > MAX_UNWRITTEN_BYTES) return
    this.waiting += line
    // While the reader stands still, the timer asks often enough.
    if (this.waiting.length >= this.options.flushAt && this.unwritten.length === 0) this.flush()
  }

  /** For the end of the process: waits for a reader that is slow, but not for ever. */
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
