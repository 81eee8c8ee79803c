import { code, GENERATED, page, table, withNamesAsCode } from './markdown.mjs'
import { SYMPTOMS } from './symptoms.mjs'

/** @import { Metric, Service } from './load-definitions.mjs' */

const INTRODUCTION = `# Metrics

${GENERATED}

Every process serves \`/metrics\` in Prometheus' text format on \`HEALTH_PORT\`. Each series has the label \`service\`. The metrics of the
process itself (\`process_*\`, \`nodejs_*\`: CPU, memory, event loop) are included.

Labels take their values from closed sets, which are listed here; a label is never a company, an app or a URL. For a single app, see
\`/v1/deliveries\` and the log, which has one line per attempt.`

const CONSUMERS = `Each of these services reads Kafka as a member of a consumer group; the dispatcher has one consumer group per worker group.
\`service\` is the service, and \`group\` is the name of the consumer group without the topic prefix.`

/**
 * @param {{ services: readonly Service[], everyService: readonly Metric[], everyConsumer: readonly Metric[] }} definitions
 * @returns {string}
 * @throws {Error} when a symptom names a metric that does not exist
 */
export function metricsPage({ services, everyService, everyConsumer }) {
  const all = [...everyService, ...everyConsumer, ...services.flatMap(({ metrics }) => metrics)]
  return page(
    INTRODUCTION,
    '## What to watch',
    symptomTable(new Set(all.map(({ name }) => name))),
    '## Every service',
    metricTable(everyService),
    '## Router, dispatcher and recorder',
    CONSUMERS,
    metricTable(everyConsumer),
    ...services.flatMap(({ name, purpose, metrics }) => [`## ${name}`, purpose, metricTable(metrics)]),
  )
}

/** @param {ReadonlySet<string>} known */
function symptomTable(known) {
  for (const { signs } of SYMPTOMS) {
    for (const [name] of signs.matchAll(/\bhooklane_[a-z_]+/g)) {
      if (!known.has(name)) throw new Error(`tools/docs/symptoms.mjs names ${name}, but no service has it`)
    }
  }
  return table(
    ['Symptom', 'Metrics that show it', 'What happens, and what to do'],
    SYMPTOMS.map(({ what, signs, action }) => [what, signs.replaceAll(/hooklane_[a-z_]+(\{[^}]*\})?/g, code), action]),
  )
}

/** @param {readonly Metric[]} metrics */
const metricTable = (metrics) =>
  table(
    ['Metric', 'Type', 'Unit', 'Labels', 'Meaning'],
    metrics.map((metric) => [
      code(metric.name),
      metric.kind,
      unitOf(metric),
      labelsOf(metric),
      withNamesAsCode(metric.help),
    ]),
  )

/** @param {Metric} metric */
function labelsOf({ labels }) {
  const described = Object.entries(labels).map(([name, values]) => {
    const set = 'from' in values ? values.from : values.map(code).join(', ')
    return `${code(name)}: ${set}`
  })
  return described.length === 0 ? 'none' : described.join('; ')
}

/** The unit follows from the end of the name. @param {Metric} metric */
function unitOf({ name }) {
  if (/_seconds(_total)?$/.test(name)) return 'seconds'
  if (/_bytes(_total)?$/.test(name)) return 'bytes'
  if (/_records(_total)?$/.test(name) || name.endsWith('_spread')) return 'records'
  return /(^|_)ready$|_streaming$/.test(name) ? '0 or 1' : 'count'
}
