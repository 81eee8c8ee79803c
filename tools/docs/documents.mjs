import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { ROOT } from '../stack/home.mjs'
import { configurationPage } from './configuration-page.mjs'
import { loadDefinitions } from './load-definitions.mjs'
import { ownEventsPage } from './own-events-page.mjs'
import { metricsPage } from './metrics-page.mjs'
import { faultsOfToolVariables } from './tool-variables.mjs'

/** @typedef {{ path: string, text: string }} GeneratedDocument */

/**
 * Renders every document that is generated from the code. The services must be compiled.
 *
 * @returns {Promise<readonly GeneratedDocument[]>}
 * @throws {Error} when the list of tool variables is incomplete or outdated
 */
export async function renderDocuments() {
  const definitions = await loadDefinitions()
  const settings = new Set(definitions.services.flatMap((service) => service.settings.map(({ key }) => key)))
  const faults = faultsOfToolVariables(await sourcesBelow('tools', 'test'), settings)
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return [
    { path: 'docs/configuration.md', text: configurationPage(definitions.services) },
    { path: 'docs/metrics.md', text: metricsPage(definitions) },
    { path: 'docs/reference/own-events.md', text: await ownEventsPage(definitions.ownEventTypes) },
    { path: 'docs/reference/envelope.schema.json', text: json(definitions.envelopeSchema) },
    ...definitions.ownEventTypes.map(({ name, schema }) => ({
      path: `docs/reference/${name}.schema.json`,
      text: json(schema),
    })),
  ]
}

const json = (/** @type {unknown} */ value) => `${JSON.stringify(value, null, 2)}\n`

/**
 * @param {...string} folders
 * @returns {Promise<readonly { file: string, text: string }[]>}
 */
async function sourcesBelow(...folders) {
  const sources = []
  for (const folder of folders) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(mjs|ts)$/.test(entry.name)) continue
      const file = join(entry.parentPath, entry.name)
      sources.push({ file: relative(ROOT, file), text: await readFile(file, 'utf8') })
    }
  }
  return sources
}
