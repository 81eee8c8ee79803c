import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * Ports are taken below the range from which systems give outgoing connections theirs (32768 and up on Linux): a
 * restarted process must find its port free, not lent to somebody's client socket.
 */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_700
const TRIES = 200

/** Ports handed out by this process and perhaps not bound yet. */
const handedOut = new Set()

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether the port can be bound on 127.0.0.1 at this moment
 */
export function isPortFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * A free port on loopback: the preferred one if it is free, so that a second start comes back under its old address.
 *
 * @param {number | null} [preferred]
 * @returns {Promise<number>}
 */
export async function freePort(preferred = null) {
  const candidates = preferred === null ? [] : [preferred]
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = candidates.shift() ?? randomInt(LOWEST_PORT, HIGHEST_PORT)
    if (handedOut.has(port) || !(await isPortFree(port))) continue
    handedOut.add(port)
    return port
  }
  throw new Error(`No free port between ${LOWEST_PORT} and ${HIGHEST_PORT} on 127.0.0.1`)
}

/**
 * The port written in `file` by an earlier start if it is still free, else a new one; remembered in `file`.
 *
 * @param {string} file
 * @returns {Promise<number>}
 */
export async function rememberedPort(file) {
  const earlier = Number(await readFile(file, 'utf8').catch(() => ''))
  const port = await freePort(Number.isInteger(earlier) && earlier > 0 ? earlier : null)
  if (port !== earlier) await writeFileAtomically(file, `${port}\n`)
  return port
}
