import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { callApi } from '../demo/api.mjs'
import { writeFileAtomically } from '../stack/write-file-atomically.mjs'
import { COMPANY, openPim, playStory } from './pim.mjs'
import { startReceiver } from './receiver.mjs'

const APPS = [
  {
    id: 'app_shop',
    name: 'Nordlys shop',
    type: 'shopware',
    worker: 'shared',
    events: ['products.*', 'brands.updated'],
  },
  { id: 'app_ads', name: 'Product ads', type: 'google-shopping', worker: 'shared', events: ['products.*'] },
  { id: 'app_erp', name: 'ERP', type: 'erp', worker: 'dedicated', events: ['*'] },
]

/**
 * The data that the sample keeps over restarts: the receiver's port, and the subscriptions with their secrets, because the API shows a
 * secret only once.
 * @typedef {{ port: number, subscriptions: Record<string, { id: string, secret: string }> }} Memory
 */

/**
 * Creates the sample PIM and a receiver. When the system is ready, `ready` creates three apps, changes the PIM step by step and prints
 * what is delivered.
 *
 * @param {{ serverUrl: string, homeDir: string, onProgress: (step: string, text: string) => void, print: (line: string) => void, signal: AbortSignal }} context
 */
export async function startSample({ serverUrl, homeDir, onProgress, print, signal }) {
  onProgress('sample', 'opening the sample PIM')
  const pimUrl = await openPim(serverUrl)
  const memoryFile = join(homeDir, 'secrets', 'sample.json')
  const memory = await readMemory(memoryFile)
  const receiver = await startReceiver({ port: memory.port, onReceived: (received) => print(line(received)) })
  return {
    captureFile: join(import.meta.dirname, 'capture.yaml'),
    env: { SAMPLE_PIM_URL: pimUrl },
    stop: () => receiver.close(),
    /** @param {import('../stack/stack-file.mjs').Stack} stack */
    ready: async (stack) => {
      memory.port = receiver.port
      await subscribe(stack, receiver, memory)
      await writeFileAtomically(memoryFile, JSON.stringify(memory), { mode: 0o600 })
      print(introduction())
      // New subscriptions take effect within two seconds.
      await delay(2_500, undefined, { signal }).catch(() => undefined)
      receiver.failOnce('app_ads')
      await playStory(pimUrl, async (says) => {
        await delay(1_500, undefined, { signal })
        print(`\n  ${says}`)
      }).catch((error) => {
        if (!signal.aborted) throw error
      })
      await delay(2_500, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) print(suggestions(stack, pimUrl))
    },
  }
}

/** @param {string} file @returns {Promise<Memory>} */
async function readMemory(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    return { port: 0, subscriptions: {} }
  }
}

/**
 * Creates the company, the apps and the subscriptions. Uses the subscriptions of an earlier start again, except deleted ones.
 *
 * @param {import('../stack/stack-file.mjs').Stack} stack
 * @param {Awaited<ReturnType<typeof startReceiver>>} receiver
 * @param {Memory} memory
 */
async function subscribe(stack, receiver, memory) {
  await callApi(stack, 'PUT', `/v1/companies/${COMPANY}`, { name: 'Nordlys Living A/S' })
  for (const { id, name, type, worker, events } of APPS) {
    await callApi(stack, 'PUT', `/v1/apps/${id}`, { name, type, worker: { mode: worker } }, COMPANY)
    const target = { url: receiver.urlOf(id) }
    const known = memory.subscriptions[id]
    const { data } = await callApi(stack, 'GET', `/v1/subscriptions?appId=${id}`, undefined, COMPANY)
    if (known && data.some((/** @type {{ id: string }} */ one) => one.id === known.id)) {
      await callApi(stack, 'PATCH', `/v1/subscriptions/${known.id}`, { target }, COMPANY)
    } else {
      const body = {
        appId: id,
        name: `${name}: ${events.join(', ')}`,
        target,
        events,
        delivery: { retry: { attempts: 10, interval: 'PT1S' } },
      }
      const made = await callApi(stack, 'POST', '/v1/subscriptions', body, COMPANY)
      memory.subscriptions[id] = { id: made.id, secret: made.secret }
    }
    receiver.verifyWith(id, memory.subscriptions[id]?.secret ?? '')
  }
}

/** The line that is printed for one request to the receiver. @param {import('./receiver.mjs').Received} received */
function line({ appId, status, envelope, attempt }) {
  const app = APPS.find((one) => one.id === appId)?.name ?? appId
  if (envelope === null) return `    ${app.padEnd(13)} refused: the signature does not match (401)`
  const { order, type, entity } = envelope
  const isResync = type === 'resync.required'
  const subject = isResync ? '' : (entity.key ?? entity.id)
  const details = isResync ? resyncOf(envelope) : changesOf(envelope)
  const outcome = status === 200 ? 'verified, 200' : `answered ${status}: it is retried before any later delivery`
  const tries = attempt > 1 ? ` (attempt ${attempt})` : ''
  return `    ${app.padEnd(13)} #${String(order.sequence).padEnd(4)} ${type.padEnd(19)} ${subject.padEnd(10)} ${outcome}${tries}${details ? `   ${details}` : ''}`
}

/** @param {any} envelope */
const changesOf = ({ revision }) =>
  (revision?.changes ?? [])
    .slice(0, 3)
    .map(
      (/** @type {any} */ one) =>
        `${one.path} ${JSON.stringify(one.before ?? null)} → ${JSON.stringify(one.after ?? null)}`,
    )
    .join(', ')

/** @param {any} envelope */
const resyncOf = ({ data }) =>
  `fetch ${data.resources.length === 0 ? 'everything' : data.resources.join(', ')} again (${data.reason})`

const introduction = () =>
  [
    'A sample PIM is captured, and three apps have subscribed. Below you see which deliveries each app gets, and in which order:',
    ...APPS.map(
      ({ name, type, worker, events }) =>
        `    ${name.padEnd(13)} ${type}, ${worker} worker, subscribed to ${events.join(', ')}`,
    ),
  ].join('\n')

/** @param {import('../stack/stack-file.mjs').Stack} stack @param {string} pimUrl */
function suggestions({ apiUrl, operatorKey }, pimUrl) {
  const curl = `curl -s -H "Authorization: Bearer ${operatorKey}" -H "Hooklane-Company: ${COMPANY}"`
  return `
Try next (in another terminal; deliveries are shown here):
    npm run sql -- "UPDATE product SET price = price + 1 WHERE id = 'prd_8995'"
    npm run sql -- "DELETE FROM category WHERE id = 'cat_7'"
    ${curl} "${apiUrl}/v1/deliveries?limit=3"
    ${curl} ${apiUrl}/v1/subscriptions
  To open the sample PIM with any Postgres client: ${pimUrl}
  Your own tables and receivers: docs/guides/capture-your-pim.md
`
}
