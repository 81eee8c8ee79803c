/**
 * Counts requests and answers 200, with as little work as HTTP/1.1 allows. The product and the raw sender both send to this receiver, and
 * its CPU time counts for neither of them. For paths below `/dead/` it answers 503, like a receiver that is down.
 */
import { createServer } from 'node:net'
import { serve } from './remote.mjs'

const ACCEPTED = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
const DOWN = Buffer.from('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
const HEAD_END = '\r\n\r\n'
/** Number of bodies kept for the raw sender, which sends the same bodies as the product. */
const SAMPLES = 200

let accepted = 0
let refused = 0
let bytes = 0
/** @type {string[]} */
let samples = []
let awaited = { count: Number.POSITIVE_INFINITY, reached: (/** @type {number} */ _at) => {} }

/** @param {Buffer} received @returns {number} bytes of the first request in it; 0 while that request is incomplete */
function firstRequest(received) {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.toString('latin1', 0, headEnd))
  const bodyStart = headEnd + HEAD_END.length
  const end = bodyStart + Number(length?.[1] ?? 0)
  if (received.length < end) return 0
  if (received.toString('latin1', 5, 11) === '/dead/') {
    refused += 1
  } else {
    accepted += 1
    bytes += end - bodyStart
    if (samples.length < SAMPLES) samples.push(received.toString('utf8', bodyStart, end))
    if (accepted === awaited.count) awaited.reached(Date.now())
  }
  return end
}

const server = createServer((socket) => {
  /** The received part of an incomplete request. */
  let rest = /** @type {Buffer | null} */ (null)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    let received = rest ? Buffer.concat([rest, chunk]) : chunk
    for (let size = firstRequest(received); size > 0; size = firstRequest(received)) {
      socket.write(received.toString('latin1', 5, 11) === '/dead/' ? DOWN : ACCEPTED)
      received = received.subarray(size)
    }
    rest = received.length > 0 ? received : null
  })
})

serve({
  /** @returns {Promise<number>} the port */
  listen: () =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => {
        resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
      })
    }),
  /** Resets the counts and the samples. */
  reset: () => {
    accepted = refused = bytes = 0
    samples = []
  },
  /** @param {number} count @returns {Promise<number>} when this number of requests had been accepted, in milliseconds since 1970 */
  reached: (count) =>
    new Promise((resolve) => {
      awaited = { count, reached: resolve }
      if (accepted >= count) resolve(Date.now())
    }),
  counts: () => ({ accepted, refused, bytes }),
  samples: () => samples,
})
