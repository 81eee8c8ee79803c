/** One thing that is wrong with a capture file. */
export interface CaptureFileFault {
  /** Where it stands: `sources[0].tables.public.product.id`; empty for the file itself. */
  readonly path: string
  /** 1-based line of the file. */
  readonly line: number
  /** What is wrong and what is expected. Never holds the value of an environment variable. */
  readonly message: string
}

/** All faults of a capture file at once: a person fixes them in one go. Sources without a fault are captured nevertheless. */
export class CaptureFileError extends Error {
  readonly code = 'CAPTURE_FILE_INVALID'
  constructor(
    readonly file: string,
    readonly faults: readonly CaptureFileFault[],
  ) {
    super(
      [
        `The capture file has faults, and what they touch is not captured:`,
        ...faults.map(({ path, line, message }) => `  ${file}:${line} ${path === '' ? '' : `${path}: `}${message}`),
      ].join('\n'),
    )
    this.name = 'CaptureFileError'
  }
}
