import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from '../stack/home.mjs'

/**
 * One setting, as `libs/config` defines it.
 *
 * @typedef {object} Setting
 * @property {string} key
 * @property {string} description
 * @property {boolean} secret
 * @property {{ description?: string, safeParse(value: unknown): { success: boolean, data?: unknown } }} schema
 */

/** @typedef {{ key: string, rule: string }} Rule */

/**
 * One metric, as `libs/observability` defines it.
 *
 * @typedef {object} Metric
 * @property {'counter' | 'gauge' | 'histogram'} kind
 * @property {string} name
 * @property {string} help
 * @property {Readonly<Record<string, readonly string[] | { from: string }>>} labels
 */

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} purpose
 * @property {readonly Setting[]} settings
 * @property {readonly Rule[]} rules
 * @property {readonly Metric[]} metrics
 */

/**
 * An event type of Hooklane itself, as `libs/contracts` lists it.
 *
 * @typedef {object} OwnEventType
 * @property {string} name
 * @property {string} title
 * @property {Readonly<Record<string, unknown>>} schema - JSON Schema of `data`.
 */

/** The services in the order of the generated pages. `metrics` is the compiled file of a service's metric catalogue. */
const SERVICES = [
  {
    name: 'subscription-service',
    purpose: 'The REST API: companies, apps, subscriptions, deliveries.',
    metrics: 'http/request-metrics.js',
  },
  {
    name: 'event-producer',
    purpose: 'Reads captured databases and publishes events.',
    metrics: 'metrics.js',
  },
  { name: 'router', purpose: 'Decides which apps get an event, and numbers deliveries.', metrics: 'metrics.js' },
  { name: 'dispatcher', purpose: 'Sends deliveries to receivers.', metrics: 'metrics.js' },
  { name: 'recorder', purpose: 'Writes the delivery log.', metrics: 'metrics.js' },
]

/**
 * Reads the definitions of the compiled services. Starts no service.
 *
 * @returns {Promise<{ services: readonly Service[], everyService: readonly Metric[], everyConsumer: readonly Metric[], envelopeSchema: unknown, ownEventTypes: readonly OwnEventType[] }>}
 */
export async function loadDefinitions() {
  const services = []
  for (const { name, purpose, metrics } of SERVICES) {
    const { definition, rules } = await load('apps', name, 'dist', 'settings.js')
    const { catalogue } = await load('apps', name, 'dist', metrics)
    services.push({ name, purpose, settings: Object.values(definition), rules, metrics: Object.values(catalogue) })
  }
  const { serviceMetricCatalogue } = await load('libs', 'runtime', 'dist', 'index.js')
  const { consumerMetricCatalogue } = await load('libs', 'observability', 'dist', 'index.js')
  const contracts = await load('libs', 'contracts', 'dist', 'public', 'index.js')
  return {
    services,
    everyService: Object.values(serviceMetricCatalogue),
    everyConsumer: Object.values(consumerMetricCatalogue),
    envelopeSchema: contracts.envelopeJsonSchema(),
    ownEventTypes: contracts.OWN_EVENT_TYPES.map((/** @type {any} */ type) => ({
      name: type.name,
      title: type.title,
      schema: contracts.publishedSchema(type.dataSchema),
    })),
  }
}

/**
 * @param {...string} path
 * @returns {Promise<any>} the module
 */
export const load = (...path) => import(pathToFileURL(join(ROOT, ...path)).href)
