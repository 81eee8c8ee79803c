import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/**
 * What `built.json` says: which files were made from which inputs. It is written last, so that an interrupted build is not taken for a
 * finished one.
 *
 * @typedef {{ inputs: string, files: Record<string, number> }} Stamp - `files`: their sizes in bytes.
 */

const STAMP = 'built.json'
/** How the names of drafts begin. */
export const DRAFT_PREFIX = '.new-'
/** A build takes seconds. */
const ABANDONED_AFTER_MS = 3_600_000

/** The folder of the bundled programs, from which services may start at any time, also while it is made anew. */
export class OutputFolder {
  #folder
  #isProgram

  /**
   * @param {string} folder
   * @param {(file: string) => boolean} isProgram - Whether a file is started, and not only loaded by others.
   */
  constructor(folder, isProgram) {
    this.#folder = folder
    this.#isProgram = isProgram
  }

  /**
   * @param {string} inputs
   * @returns {Promise<boolean>} whether all files are there, whole, and made from these inputs
   */
  async isMadeFrom(inputs) {
    const stamp = await this.#readStamp()
    if (stamp?.inputs !== inputs) return false
    const sizes = await Promise.all(Object.keys(stamp.files).map((file) => sizeOf(join(this.#folder, file))))
    return Object.values(stamp.files).every((size, index) => size === sizes[index])
  }

  /**
   * Moves new files here: shared chunks first, then the programs that load them. The files of the build before stay, because a service that
   * is just starting may still load them. Older files go.
   *
   * @param {string} draft - A folder with the new files, inside this one.
   * @param {string} inputs - What they were made from.
   */
  async take(draft, inputs) {
    const files = await readdir(draft)
    const former = Object.keys((await this.#readStamp())?.files ?? {})
    const sizes = await Promise.all(files.map((file) => sizeOf(join(draft, file))))
    const stamp = { inputs, files: Object.fromEntries(files.map((file, index) => [file, sizes[index]])) }
    await writeFile(join(draft, STAMP), JSON.stringify(stamp))
    await rm(join(this.#folder, STAMP), { force: true })
    const chunksFirst = [...files.filter((file) => !this.#isProgram(file)), ...files.filter(this.#isProgram)]
    for (const file of [...chunksFirst, STAMP]) await rename(join(draft, file), join(this.#folder, file))
    const kept = new Set([...files, ...former, STAMP, basename(draft)])
    for (const file of (await readdir(this.#folder)).filter((name) => !kept.has(name))) {
      const path = join(this.#folder, file)
      // The draft of a build that may still run.
      if (file.startsWith(DRAFT_PREFIX) && Date.now() - (await stat(path)).mtimeMs < ABANDONED_AFTER_MS) continue
      await rm(path, { recursive: true, force: true })
    }
  }

  /** @returns {Promise<Stamp | null>} null: there is none, or its writing was interrupted */
  async #readStamp() {
    try {
      return JSON.parse(await readFile(join(this.#folder, STAMP), 'utf8'))
    } catch {
      return null
    }
  }
}

/**
 * @param {string} file
 * @returns {Promise<number>} -1: there is none
 */
async function sizeOf(file) {
  return (await stat(file).catch(() => ({ size: -1 }))).size
}
