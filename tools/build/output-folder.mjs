import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/**
 * The content of `built.json`: the files of a build, and the inputs from which they were made. A build writes `built.json` last, so that an
 * interrupted build is not taken for a finished one.
 *
 * @typedef {{ inputs: string, files: Record<string, number> }} Stamp - `inputs`: a hash; `files`: name → size in bytes.
 */

const STAMP = 'built.json'
/** The start of the names of drafts, which are folders with the files of an unfinished build. */
export const DRAFT_PREFIX = '.new-'
/** The age at which a draft counts as left behind by an interrupted build, and is deleted. A build takes seconds. */
const ABANDONED_AFTER_MS = 3_600_000

/** The folder of the bundled programs. Services may start from it at any time, even while a build replaces its files. */
export class OutputFolder {
  #folder
  #isProgram

  /**
   * @param {string} folder
   * @param {(file: string) => boolean} isProgram - Whether a file is a program, and not only a chunk that programs load.
   */
  constructor(folder, isProgram) {
    this.#folder = folder
    this.#isProgram = isProgram
  }

  /**
   * @param {string} inputs
   * @returns {Promise<boolean>} whether all files were made from these inputs, exist, and have their full size
   */
  async isMadeFrom(inputs) {
    const stamp = await this.#readStamp()
    if (stamp?.inputs !== inputs) return false
    const sizes = await Promise.all(Object.keys(stamp.files).map((file) => sizeOf(join(this.#folder, file))))
    return Object.values(stamp.files).every((size, index) => size === sizes[index])
  }

  /**
   * Moves the files of a build into this folder: shared chunks first, then the programs that load them. Keeps the files of the previous
   * build, because a service that is just starting may still load them. Deletes older files.
   *
   * @param {string} draft - A folder with the new files, inside this one.
   * @param {string} inputs - The hash of the inputs that the new files were made from.
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
      // A build that still runs may use this draft.
      if (file.startsWith(DRAFT_PREFIX) && Date.now() - (await stat(path)).mtimeMs < ABANDONED_AFTER_MS) continue
      await rm(path, { recursive: true, force: true })
    }
  }

  /** @returns {Promise<Stamp | null>} null if the file is missing or incomplete */
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
 * @returns {Promise<number>} -1 if there is no such file
 */
async function sizeOf(file) {
  return (await stat(file).catch(() => ({ size: -1 }))).size
}
