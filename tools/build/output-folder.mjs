import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/**
 * What `built.json` says: which files were made from which inputs. It is written last, so that an interrupted build is not taken for a
 * finished one.
 *
 * @typedef {{ inputs: string, files: string[] }} Stamp
 */

const STAMP = 'built.json'

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
   * @returns {Promise<boolean>} whether all files are there, made from these inputs
   */
  async isMadeFrom(inputs) {
    const stamp = await this.#readStamp()
    if (stamp?.inputs !== inputs) return false
    const existing = await readdir(this.#folder)
    return stamp.files.every((file) => existing.includes(file))
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
    const former = (await this.#readStamp())?.files ?? []
    await writeFile(join(draft, STAMP), JSON.stringify({ inputs, files }))
    await rm(join(this.#folder, STAMP), { force: true })
    const chunksFirst = [...files.filter((file) => !this.#isProgram(file)), ...files.filter(this.#isProgram)]
    for (const file of [...chunksFirst, STAMP]) await rename(join(draft, file), join(this.#folder, file))
    const kept = new Set([...files, ...former, STAMP, basename(draft)])
    const outdated = (await readdir(this.#folder)).filter((file) => !kept.has(file))
    await Promise.all(outdated.map((file) => rm(join(this.#folder, file), { recursive: true, force: true })))
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
