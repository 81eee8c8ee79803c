import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { readFile } from 'node:fs/promises'
import { StackError } from './stack-error.mjs'
import { writeFileAtomically } from './write-file-atomically.mjs'

/**
 * The range from which ports are chosen. It lies below the ephemeral range (32768 and up on Linux), from which the system takes
 * the ports of outgoing connections. So no client socket takes the port of a process that is being restarted.
 */
const LOWEST_PORT = 20_000
const HIGHEST_PORT = 32_700
const TRIES = 200

/** How often a start is tried if another process takes the chosen port first. This is rare: three times in a row is a defect. */
export const LOST_PORT_TRIES = 3

/** Ports that this process has chosen and perhaps not bound yet. */
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
 * A free port on loopback: the preferred port if it is free, so that a process that is started again keeps its address.
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
 * The port that an earlier start wrote to `file`, if it is still free; else a new one, which is written to `file`.
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

/**
 * Chooses ports and starts something on them. When another process takes one of the ports before it is bound, chooses new
 * ports and starts again.
 *
 * @template {Record<string, number>} Ports
 * @template T
 * @param {() => Promise<Ports>} choose
 * @param {(ports: Ports) => Promise<T>} start - Rejects when it cannot bind a port. It must then leave nothing running.
 * @returns {Promise<T>}
 */
export async function startOnFreePorts(choose, start) {
  for (let tries = 1; ; tries += 1) {
    const ports = await choose()
    try {
      return await start(ports)
    } catch (error) {
      const areFree = await Promise.all(Object.values(ports).map(isPortFree))
      if (tries === LOST_PORT_TRIES || !areFree.includes(false)) throw error
    }
  }
}

/**
 * Checks a port that the user chose. Throws a one-line message when the value is not a port, or when the port is in use.
 *
 * @param {string} key - The name of the setting.
 * @param {string} value
 * @returns {Promise<number>}
 */
export async function requirePort(key, value) {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (port < 1 || port > 65_535) {
    throw new StackError(
      `${key}=${value} is not a port: give a number from 1 to 65535, or unset it to take a free one.`,
    )
  }
  if (await isPortFree(port)) return port
  throw new StackError(
    `${key}=${port}: another program listens on this port of 127.0.0.1. Stop that program, choose another port, or unset ${key} to take a free one.`,
  )
}
