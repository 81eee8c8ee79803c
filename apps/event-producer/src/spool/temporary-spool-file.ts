import { randomUUID } from 'node:crypto'
import { open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpoolFile } from '@hooklane/core/capture'

/** A file without a name. It is unlinked as soon as it is open, so that its disk space is freed when the process ends, however it ends. */
export class TemporarySpoolFile implements SpoolFile {
  private end = 0
  private isOpen = true

  private constructor(private readonly file: FileHandle) {}

  /** @throws when the directory is missing, full or not writable */
  static async open(directory: string): Promise<TemporarySpoolFile> {
    const path = join(directory, `hooklane-spool-${process.pid}-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return new TemporarySpoolFile(file)
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, written, bytes.length - written, this.end)
      written += bytesWritten
      this.end += bytesWritten
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length)
    for (let read = 0; read < length;) {
      const { bytesRead } = await this.file.read(bytes, read, length - read, offset + read)
      if (bytesRead === 0) throw new Error(`the spool ends before ${offset + length}`)
      read += bytesRead
    }
    return bytes
  }

  async discard(): Promise<void> {
    if (!this.isOpen) return
    this.isOpen = false
    await this.file.close()
  }
}
