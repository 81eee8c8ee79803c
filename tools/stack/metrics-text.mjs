/**
 * @typedef {object} Sample
 * @property {string} name
 * @property {Readonly<Record<string, string>>} labels
 * @property {number} value
 */

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)/
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

/**
 * Parses the body of `/metrics`: the text format of Prometheus. Comments and timestamps are ignored.
 *
 * @param {string} text
 * @returns {Sample[]}
 */
export function parseMetrics(text) {
  return text.split('\n').flatMap((line) => {
    const parts = line.match(LINE)?.groups
    if (line.startsWith('#') || !parts) return []
    const labels = [...(parts['labels'] ?? '').matchAll(LABEL)].map(([, key, value]) => [key, value])
    return [{ name: String(parts['name']), labels: Object.fromEntries(labels), value: Number(parts['value']) }]
  })
}
