import { createHash, randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The classes of the local Kafka in the form in which this Java holds them in memory (class-data sharing). With this file the broker starts
 * with about half of the processor time. The first broker that ends in order writes it. Until then, brokers load the classes from the jars.
 */
export class ClassArchive {
  #file
  #draft

  /**
   * @param {object} options
   * @param {string} options.dir - The folder of Kafka's jars in the cache: systems that share the jars share the archive.
   * @param {string} options.javaBuild - What `java -version` prints: another Java cannot read the archive.
   */
  constructor({ dir, javaBuild }) {
    // The JVM compares paths and times of the jars, and silently ignores an archive of others.
    const jarsSince = statSync(join(dir, 'complete'), { throwIfNoEntry: false })?.mtimeMs ?? 0
    const id = createHash('sha256').update(`${javaBuild}\0${dir}\0${jarsSince}`).digest('hex').slice(0, 12)
    this.#file = join(dir, `classes-${id}.jsa`)
    this.#draft = join(dir, `classes-${id}.${randomUUID()}.draft`)
  }

  get exists() {
    return existsSync(this.#file)
  }

  /** Options for any program of these jars. */
  get readOptions() {
    return this.exists
      ? [`-XX:SharedArchiveFile=${this.#file}`, '-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
      : []
  }

  /** Options for a broker: it reads the archive, or writes it when it ends. */
  get brokerOptions() {
    const writeOptions = [`-XX:ArchiveClassesAtExit=${this.#draft}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
    return this.exists ? this.readOptions : writeOptions
  }

  /**
   * Call when the broker that got `brokerOptions` has ended: keeps the archive that it has written, or removes it.
   *
   * @param {boolean} isWhole - The broker had started, and was not killed while it wrote: otherwise classes are missing.
   */
  async takeDraft(isWhole) {
    try {
      if (isWhole && existsSync(this.#draft)) await rename(this.#draft, this.#file)
      else await rm(this.#draft, { force: true })
    } catch {
      // Only the next starts are slower. The broker has ended, and whatever ends after it must not be kept from that.
    }
  }
}
