import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Writes a draft beside the file and renames it: readers see the old content or the new one, never a part.
 *
 * @param {string} file
 * @param {string} content
 * @param {{ mode?: number }} [options]
 */
export async function writeFileAtomically(file, content, { mode = 0o644 } = {}) {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}.draft`
  await writeFile(draft, content, { mode })
  await rename(draft, file)
}
