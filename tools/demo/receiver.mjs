/**
 * A receiver that trusts nothing: it verifies every signature with its own HMAC code, and records when each request started and ended. It
 * shares no code with the product.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

/**
 * @typedef {object} Arrival
 * @property {string} app
 * @property {string} id          webhook-id
 * @property {number} sequence
 * @property {number} previous    order.previous of the body
 * @property {number} attempt
 * @property {string} type
 * @property {string} entity      `<type>/<id>`
 * @property {number|null} marker `data.marker`, which the workload raises with every change
 * @property {string} company     company id in the body
 * @property {number} epoch       epoch of the lease token under which the request was sent
 * @property {boolean} signed     whether the signature is valid
 * @property {number} startedMs   monotonic
 * @property {number} endedMs     monotonic; Infinity while the request is open
 * @property {number} receivedAt  wall clock
 * @property {number} status      status of the answer
 */

/** @typedef {Awaited<ReturnType<typeof startReceiver>>} Receiver */

/** @param {{ answerDelayMs?: number, failEvery?: number }} options */
export async function startReceiver(options = {}) {
  /** @type {Arrival[]} */
  const arrivals = []
  /** @type {Map<string, Buffer>} */
  const secrets = new Map()
  let requests = 0
  const server = createServer((request, response) => {
    const startedMs = performance.now()
    /** @type {Buffer[]} */
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const app = decodeURIComponent((request.url ?? '/').slice(1))
      const body = Buffer.concat(parts)
      const arrival = readArrival(app, request.headers, body, secrets.get(app), startedMs)
      arrivals.push(arrival)
      requests += 1
      const fails = options.failEvery !== undefined && requests % options.failEvery === 0
      arrival.status = !arrival.signed ? 401 : fails ? 503 : 200
      response.on('close', () => {
        arrival.endedMs = performance.now()
      })
      const answer = () => response.writeHead(arrival.status).end()
      if (options.answerDelayMs) setTimeout(answer, options.answerDelayMs)
      else answer()
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(undefined))
  })
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    arrivals,
    /** @param {string} app */
    urlOf: (app) => `http://127.0.0.1:${port}/${encodeURIComponent(app)}`,
    /** @param {string} app @param {string} secret `whsec_…` */
    expect: (app, secret) => secrets.set(app, Buffer.from(secret.replace(/^whsec_/, ''), 'base64')),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined))
        server.closeAllConnections()
      }),
  }
}

/**
 * @param {string} app @param {import('node:http').IncomingHttpHeaders} headers @param {Buffer} body @param {Buffer | undefined} key
 * @param {number} startedMs @returns {Arrival}
 */
function readArrival(app, headers, body, key, startedMs) {
  const id = String(headers['webhook-id'] ?? '')
  let envelope = null
  try {
    envelope = JSON.parse(body.toString('utf8'))
  } catch {
    envelope = null
  }
  return {
    app,
    id,
    sequence: Number(envelope?.order?.sequence ?? 0),
    previous: Number(envelope?.order?.previous ?? -1),
    attempt: Number(headers['pim-attempt'] ?? 0),
    type: String(envelope?.type ?? ''),
    entity: `${envelope?.entity?.type}/${envelope?.entity?.id}`,
    marker: envelope?.data?.marker ?? null,
    company: String(envelope?.company?.id ?? ''),
    epoch: Number(headers['pim-owner-epoch'] ?? 0),
    signed: key !== undefined && envelope?.id === id && isSigned(headers, id, body, key),
    startedMs,
    endedMs: Number.POSITIVE_INFINITY,
    receivedAt: Date.now(),
    status: 0,
  }
}

/** @param {import('node:http').IncomingHttpHeaders} headers @param {string} id @param {Buffer} body @param {Buffer} key */
function isSigned(headers, id, body, key) {
  const timestamp = String(headers['webhook-timestamp'] ?? '')
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  return String(headers['webhook-signature'] ?? '')
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
}
