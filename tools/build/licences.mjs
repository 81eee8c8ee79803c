import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFault } from './build-fault.mjs'

/**
 * The licence texts that must accompany the packages in the bundle.
 *
 * @param {readonly string[]} modules - Absolute paths of bundled files.
 * @returns {Promise<string>}
 * @throws BuildFault when a package comes without the text of its licence, and the text is not known here
 */
export async function licencesOf(modules) {
  const ofPackages = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/
  const folders = new Set(modules.flatMap((path) => ofPackages.exec(path)?.[0] ?? []))
  const texts = await Promise.all([...folders].sort().map(licenceOf))
  return `The programs in this folder contain code of these packages.\n\n${texts.join('\n')}`
}

/**
 * @param {string} folder - Of a package.
 * @returns {Promise<string>}
 */
async function licenceOf(folder) {
  const { name, version, license, licenses, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const id = license ?? licenses?.[0]?.type
  const entries = await readdir(folder, { withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying|copyright)/i.test(entry.name))
  const texts = await Promise.all(
    files
      .map((file) => file.name)
      .sort()
      .map((file) => readFile(join(folder, file), 'utf8')),
  )
  if (texts.length === 0) texts.push((await statedElsewhere(folder)) ?? standardText(id, author) ?? '')
  if (texts.join('').trim() === '')
    throw new BuildFault(
      `${name} ${version} comes without the text of its licence (${id}): add the text to tools/build/licences.mjs.`,
    )
  return [`=== ${name} ${version} (${id})`, ...texts.map((text) => text.trim()), ''].join('\n\n')
}

/**
 * Some packages have their licence at the end of their README.
 *
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function statedElsewhere(folder) {
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '')
  const section = /^#+ *licen[cs]e[^]*/im.exec(readme)?.[0]
  return section?.includes('Permission is hereby granted') ? section : undefined
}

/**
 * @param {string | undefined} id - SPDX.
 * @param {string | { name: string } | undefined} author
 * @returns {string | undefined}
 */
function standardText(id, author) {
  if (id !== 'MIT' || author === undefined) return undefined
  return `The MIT License\n\nCopyright (c) ${typeof author === 'string' ? author : author.name}\n\n${MIT}`
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the
following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE
OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`
