import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, install } from '../stack/build.mjs'
import { ROOT } from '../stack/home.mjs'
import { renderDocuments } from './documents.mjs'

const USAGE = `Usage: npm run docs [-- --check]

Writes the documents that are generated from the code: docs/configuration.md, docs/metrics.md, and in docs/reference the schema of a
delivery, the page of Hooklane's own events and their schemas. With --check it writes nothing: it names outdated documents, and ends with
exit code 1 if there are any.
`

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`)

async function main() {
  const words = process.argv.slice(2)
  if (words.some((word) => word !== '--check')) return print(USAGE)
  await install({ onProgress: print })
  await build({ onProgress: () => {} })
  const stale = []
  for (const document of await renderDocuments()) {
    const present = await readFile(join(ROOT, document.path), 'utf8').catch(() => null)
    if (present !== document.text) stale.push(document)
  }
  if (!words.includes('--check')) {
    for (const { path, text } of stale) await writeFile(join(ROOT, path), text)
    print(stale.length === 0 ? 'Every document is up to date.' : `Written: ${stale.map(({ path }) => path).join(', ')}`)
    return
  }
  for (const { path } of stale) print(`${path} is out of date: run npm run docs, and commit the file`)
  if (stale.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  print(/** @type {Error} */ (error).message)
  process.exitCode = 1
}
