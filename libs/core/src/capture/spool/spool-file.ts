/** A file for the rows of one large transaction. Offsets count the appended bytes from 0. */
export interface SpoolFile {
  /** Appends at the end. The caller never changes the bytes after the call. */
  append(bytes: Uint8Array): Promise<void>
  /** @throws when the file ends before `offset + length` */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Ends the use of the file and removes it; must not fail when called twice. */
  discard(): Promise<void>
}
