import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The licences of the packages whose code is in the bundle, as their authors ask for.
 *
 * @param {readonly string[]} modules - Absolute paths of bundled files.
 * @returns {Promise<string>}
 */
export async function licencesOf(modules) {
  const folders = new Set(
    modules.flatMap((path) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0] ?? []),
  )
  const texts = await Promise.all([...folders].sort().map(licenceOf))
  return `The programs in this folder contain code of these packages.\n\n${texts.join('\n')}`
}

/**
 * @param {string} folder - Of a package.
 * @returns {Promise<string>}
 */
async function licenceOf(folder) {
  const { name, version, license, licenses } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
  const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')))
  return [`=== ${name} ${version} (${license ?? licenses?.[0]?.type})`, ...texts.map((text) => text.trim()), ''].join(
    '\n\n',
  )
}
