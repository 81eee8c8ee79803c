import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

/** @typedef {import('./lane.mjs').Lane} Lane */

/**
 * Starts an HTTP server that receives for several apps, one path each. It verifies each request, passes it to the app's lane and
 * acknowledges it.
 */
export async function startReceiver() {
  /** @type {Map<string, { lane: Lane, webhook: Webhook }>} */
  const apps = new Map()
  const server = createServer((request, response) => {
    const app = apps.get(request.url ?? '')
    if (app === undefined) return void response.writeHead(404).end()
    /** @type {Buffer[]} */
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8')
      const envelope = verified(app.webhook, body, request.headers)
      if (envelope === null) app.lane.refuse()
      else app.lane.accept(envelope)
      response.writeHead(envelope === null ? 401 : 204).end()
    })
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(undefined))
  })
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    /** @param {string} appId */
    urlOf: (appId) => `http://127.0.0.1:${port}/${appId}`,
    /** @param {string} appId @param {Lane} lane @param {string} secret */
    serve: (appId, lane, secret) => apps.set(`/${appId}`, { lane, webhook: new Webhook(secret) }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined))
        server.closeAllConnections()
      }),
  }
}

/** @typedef {Awaited<ReturnType<typeof startReceiver>>} Receiver */

/**
 * @param {Webhook} webhook
 * @param {string} body
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @returns {any} the envelope; null if the signature is invalid, or if the id in the body is not the signed one
 */
function verified(webhook, body, headers) {
  try {
    const envelope = /** @type {any} */ (webhook.verify(body, /** @type {Record<string, string>} */ (headers)))
    return envelope.id === headers['webhook-id'] ? envelope : null
  } catch {
    // Our Hooklane did not send this request, whatever makes it invalid.
    return null
  }
}
