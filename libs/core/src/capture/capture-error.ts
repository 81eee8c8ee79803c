/**
 * The WAL holds a change that cannot be understood with this capture file. Going on would lose the change, so reading stops with this
 * error. Every retry fails with the same error until the table or the file is fixed.
 */
export class CaptureError extends Error {
  constructor(
    readonly code: 'CAPTURE_COLUMN_MISSING' | 'CAPTURE_IDENTITY_NOT_FULL',
    message: string,
  ) {
    super(message)
    this.name = 'CaptureError'
  }
}
