import { load } from './load-definitions.mjs'
import { code, GENERATED, page, table } from './markdown.mjs'

/** @import { OwnEventType } from './load-definitions.mjs' */

const INTRODUCTION = `# Hooklane's own events

${GENERATED}

These events are about the stream itself. Each has the next number of the app's stream and arrives in the stream where its cause happened: after earlier events and before later ones. It is signed and retried like any other event.
Every enabled subscription of the company's apps gets such an event, **whatever its \`events\` lists**. To list this type in \`events\` changes nothing.

\`entity\` is the subscription (\`{"type": "subscription", "id": "sub_31", …}\`), \`revision\` is null. Types that begin with \`resync.\` or \`stream.\` are reserved.
\`GET /v1/event-types\` lists these types with \`"isBuiltIn": true\`. \`GET /v1/deliveries?eventType=resync.required\`
shows the status of each delivery. [Receive](../guides/receive.md#fetch-again-when-told-to) explains what a receiver should do with them.`

/**
 * @param {readonly OwnEventType[]} types
 * @returns {Promise<string>}
 */
export async function ownEventsPage(types) {
  const sections = await Promise.all(types.map(section))
  return page(INTRODUCTION, ...sections.flat())
}

/** @param {OwnEventType} type */
async function section({ name, title, schema }) {
  const { properties } = /** @type {{ properties: Record<string, Node> }} */ (schema)
  const choices = Object.entries(properties).flatMap(([member, node]) =>
    (node.anyOf ?? []).some((one) => one.const !== undefined)
      ? [`Values of \`${member}\`:`, table([code(member), 'Meaning'], (node.anyOf ?? []).map(choice))]
      : [],
  )
  return [
    `## ${name}`,
    `${title}. The schema of \`data\`: [\`${name}.schema.json\`](${name}.schema.json).`,
    table(
      ['Member of `data`', 'Meaning'],
      Object.entries(properties).map(([member, node]) => [code(member), node.description ?? '']),
    ),
    ...choices,
    'Example of a delivery:',
    `\`\`\`json\n${JSON.stringify(await exampleOf(name), null, 2)}\n\`\`\``,
  ]
}

/** @typedef {{ description?: string, const?: unknown, anyOf?: readonly Node[] }} Node */

const choice = (/** @type {Node} */ one) => [code(String(one.const)), one.description ?? '']

/** @type {Readonly<Record<string, object>>} */
const NOTICES = {
  'resync.required': {
    producer: 'pim',
    companyId: 'cmp_7',
    position: '0001-000000000152BAC0-000000000152BA40-0000-0',
    occurredAt: '2026-03-02T08:15:04.211Z',
    from: null,
    to: '0001-000000000152BAC0-000000000152BA40-0000-0',
    reason: 'truncated',
    resources: ['products'],
  },
}

/** @param {string} entry */
const core = (entry) => load('libs', 'core', 'dist', entry, 'index.js')

/**
 * An example delivery, built, routed and rendered by the services' own code.
 *
 * @param {string} name
 * @returns {Promise<unknown>}
 * @throws {Error} when there is no example
 */
async function exampleOf(name) {
  const notice = NOTICES[name]
  if (notice === undefined) throw new Error(`tools/docs/own-events-page.mjs has no example of ${name}`)
  const { buildResyncEvent } = await core('capture')
  const { subscriptionEntity } = await core('routing')
  const { JsonPayloadRenderer } = await core('delivery')
  const { webhookId } = await core('kernel')
  const event = { ...buildResyncEvent(notice), entity: subscriptionEntity('sub_31') }
  const address = {
    subscription: { id: 'sub_31', workflow: { id: 'wf_11', name: 'Products to Shopware DE' } },
    app: { id: 'app_42', type: 'shopware', name: 'Nordlys DE' },
    company: { id: 'cmp_7', name: 'Nordlys Living A/S' },
    reason: 'event',
    worker: 'shared',
  }
  const place = {
    deliveryId: webhookId(event.id, 'sub_31'),
    order: { epoch: 1, sequence: 18452 },
    previous: 18451n,
    skipped: [],
  }
  const { body } = new JsonPayloadRenderer('https://pim.example.com').render(event, address, place)
  return JSON.parse(body.toString('utf8'))
}
