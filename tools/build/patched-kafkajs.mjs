import { createRequire } from 'node:module'
import { basename, join } from 'node:path'

/**
 * Bundles kafkajs with fixed modules. libs/kafka/client-fixes replaces modules of kafkajs in Node's module cache, which a bundle does not
 * have. So this plugin resolves every import of such a module to its replacement. Only the replacement itself may import the original.
 *
 * @param {string} root
 * @returns {import('rolldown').Plugin}
 */
export function patchedKafkajs(root) {
  const fixes = join(root, 'libs', 'kafka', 'client-fixes')
  const require = createRequire(join(fixes, 'load-kafkajs.cjs'))
  /** @type {Record<string, string>} */
  const table = require('./replaced-modules.json')
  const replacements = new Map(
    Object.entries(table).map(([name, replacement]) => [require.resolve(name), join(fixes, replacement)]),
  )
  const names = Object.keys(table).map((name) => basename(name, '.js'))
  return {
    name: 'patched-kafkajs',
    resolveId: {
      filter: { id: new RegExp(`(${names.join('|')})(\\.js)?$`) },
      async handler(source, importer, { kind }) {
        const resolved = await this.resolve(source, importer, { kind, skipSelf: true })
        const replacement = resolved === null ? undefined : replacements.get(resolved.id)
        return replacement === undefined || replacement === importer ? resolved : replacement
      },
    },
    load: {
      filter: { id: /client-fixes[\\/]replace-modules\.cjs$/ },
      handler: () => 'module.exports = {}',
    },
    generateBundle() {
      for (const [original, replacement] of replacements) {
        const importers = this.getModuleInfo(replacement)?.importers ?? []
        if (!importers.some((importer) => importer.includes('node_modules')))
          throw new Error(`${replacement} replaces nothing: no module of kafkajs imports it`)
        const others = (this.getModuleInfo(original)?.importers ?? []).filter((importer) => importer !== replacement)
        if (others.length > 0)
          throw new Error(`these modules import ${original} itself instead of its replacement: ${others.join(', ')}`)
      }
    },
  }
}
