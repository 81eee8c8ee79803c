/**
 * The minimum cost of a delivery in Node: bodies that the product sent are serialised as JSON, signed, and posted by undici over kept-alive
 * connections. No queue, no order, no retry, no record.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { Pool } from 'undici'
import { serve } from './remote.mjs'

const KEY = randomBytes(24)
/** @type {Pool | null} */
let pool = null
let bodies = /** @type {unknown[]} */ ([])

/** @param {number} number */
async function post(number) {
  const id = `msg_raw_${number}`
  const timestamp = String(Math.floor(Date.now() / 1000))
  const body = JSON.stringify(bodies[number % bodies.length])
  const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64')
  const answer = await /** @type {Pool} */ (pool).request({
    path: '/raw',
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  })
  await answer.body.dump()
  if (answer.statusCode !== 200) throw new Error(`the receiver answered with status ${answer.statusCode}`)
}

serve({
  /** @param {string} origin @param {number} inFlight @param {string[]} samples */
  open: async (origin, inFlight, samples) => {
    await pool?.close()
    pool = new Pool(origin, { connections: inFlight, pipelining: 1 })
    bodies = samples.map((sample) => JSON.parse(sample))
  },
  /**
   * @param {number} requests @param {number} inFlight
   * @returns {Promise<{ cpuSeconds: number, seconds: number }>}
   */
  send: async (requests, inFlight) => {
    let next = 0
    const worker = async () => {
      while (next < requests) {
        next += 1
        await post(next)
      }
    }
    const startedMs = performance.now()
    const before = process.cpuUsage()
    await Promise.all(Array.from({ length: inFlight }, worker))
    const { user, system } = process.cpuUsage(before)
    return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - startedMs) / 1000 }
  },
})
