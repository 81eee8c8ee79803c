import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

/**
 * @typedef {object} Received
 * @property {string} appId
 * @property {number} status - The status of the answer.
 * @property {any} envelope - Null when the request could not be verified.
 * @property {number} attempt
 */

/**
 * A receiver as an integrator would write it: it verifies, answers and shows each request. One path per app.
 *
 * @param {{ port: number, onReceived: (received: Received) => void }} options - `port` 0 takes a free port.
 */
export async function startReceiver({ port, onReceived }) {
  /** @type {Map<string, Webhook>} */
  const verifiers = new Map()
  /** Apps whose next verified request is answered with 503, to show a retry. @type {Set<string>} */
  const failingOnce = new Set()
  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const appId = decodeURIComponent((request.url ?? '/').slice(1))
      const attempt = Number(request.headers['pim-attempt'] ?? 1)
      const envelope = verified(verifiers.get(appId), Buffer.concat(parts), request.headers)
      const status = envelope === null ? 401 : failingOnce.delete(appId) ? 503 : 200
      response.writeHead(status).end()
      onReceived({ appId, status, envelope, attempt })
    })
  })
  await listen(server, port).catch(async (error) => {
    if (error.code !== 'EADDRINUSE') throw error
    await listen(server, 0)
  })
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    port: address.port,
    /** @param {string} appId */
    urlOf: (appId) => `http://127.0.0.1:${address.port}/${appId}`,
    /** @param {string} appId @param {string} secret */
    verifyWith: (appId, secret) => verifiers.set(appId, new Webhook(secret)),
    /** @param {string} appId */
    failOnce: (appId) => failingOnce.add(appId),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined))
        server.closeAllConnections()
      }),
  }
}

/** @param {Webhook | undefined} webhook @param {Buffer} body @param {import('node:http').IncomingHttpHeaders} headers */
function verified(webhook, body, headers) {
  try {
    return webhook?.verify(body.toString('utf8'), /** @type {Record<string, string>} */ (headers)) ?? null
  } catch {
    return null
  }
}

/** @param {import('node:http').Server} server @param {number} port */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve(undefined)
    })
  })
}
