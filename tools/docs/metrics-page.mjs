import { code, GENERATED, page, table, withNamesAsCode } from './markdown.mjs'
import { SYMPTOMS } from './symptoms.mjs'

/** @import { Metric, Service } from './load-definitions.mjs' */

const INTRODUCTION = `# Metrics

${GENERATED}

Every process serves \`/metrics\` in Prometheus' text format on \`HEALTH_PORT\`. Each series has the label \`service\`, and the process's own
metrics (\`process_*\`, \`nodejs_*\`: CPU, memory, event loop) are there as well.

Labels take their values from closed sets, listed here; never a company, an app or a URL. What concerns one app is in \`/v1/deliveries\` and
in the log, one line per attempt.`

const CONSUMERS = `Each reads Kafka as a member of a consumer group, the dispatcher of one for each worker group. \`service\` says who, \`group\` names the group
without the prefix of the topics.`

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
      if (!known.has(name)) throw new Error(`tools/docs/symptoms.mjs names ${name}, which no service has`)
    }
  }
  return table(
    ['What is wrong', 'Shows in', 'What happens, and what to do'],
    SYMPTOMS.map(({ what, signs, action }) => [what, signs.replaceAll(/hooklane_[a-z_]+(\{[^}]*\})?/g, code), action]),
  )
}

/** @param {readonly Metric[]} metrics */
const metricTable = (metrics) =>
  table(
    ['Metric', 'Type', 'Unit', 'Labels', 'What it says'],
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

/** The name says it. @param {Metric} metric */
function unitOf({ name }) {
  if (/_seconds(_total)?$/.test(name)) return 'seconds'
  if (/_bytes(_total)?$/.test(name)) return 'bytes'
  if (/_records(_total)?$/.test(name) || name.endsWith('_spread')) return 'records'
  return /(^|_)ready$|_streaming$/.test(name) ? '0 or 1' : 'count'
}
