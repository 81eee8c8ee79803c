/** One thing that is wrong with a capture file. */
export interface CaptureFileFault {
  /** Path of the faulty value: `sources[0].tables.public.product.id`. Empty when the file as a whole is at fault. */
  readonly path: string
  /** 1-based line of the file. */
  readonly line: number
  /** What is wrong and what is expected. Never holds the value of an environment variable. */
  readonly message: string
}

/** All faults of a capture file together, so that a person can fix them in one go. Sources without a fault are still captured. */
export class CaptureFileError extends Error {
  readonly code = 'CAPTURE_FILE_INVALID'
  constructor(
    readonly file: string,
    readonly faults: readonly CaptureFileFault[],
  ) {
    super(
      [
        `The capture file has faults; the affected sources are not captured:`,
        ...faults.map(({ path, line, message }) => `  ${file}:${line} ${path === '' ? '' : `${path}: `}${message}`),
      ].join('\n'),
    )
    this.name = 'CaptureFileError'
  }
}
