import { statfs } from 'node:fs/promises'
import { displayPath } from './home.mjs'
import { StackError } from './stack-error.mjs'

const MEBIBYTE = 1024 * 1024

/**
 * A new Postgres and Kafka take 85 MiB, and Postgres needs room for the next segments of its log. Too low: the start fails
 * half-way on a full disk. Too high: disks that are large enough are refused.
 */
const ROOM_FOR_SERVERS_BYTES = 200 * MEBIBYTE

/** With less than this, servers fail to write: a segment of Postgres' log takes 16 MiB, one of Kafka's indexes 1 MiB. */
const NEARLY_FULL_BYTES = 20 * MEBIBYTE

/** Too short costs little: a check takes microseconds. Too long: servers log many failed writes before the cause is printed. */
const LOOK_AGAIN_MS = 2_000

/**
 * Refuses a disk on which local servers would soon fail to write.
 *
 * @param {string} dir - An existing folder.
 * @param {string} name - The setting that names the folder, for the message.
 * @returns {Promise<void>}
 */
export async function requireFreeSpace(dir, name) {
  const free = await freeBytes(dir)
  if (free >= ROOM_FOR_SERVERS_BYTES) return
  throw new StackError(
    `${name}=${displayPath(dir)}: its disk has ${inMebibytes(free)} left, but a local PostgreSQL and Kafka need ${inMebibytes(ROOM_FOR_SERVERS_BYTES)}. Free some space, or name a folder on another disk in ${name}.`,
  )
}

/**
 * @param {string} dir
 * @returns {Promise<string | null>} what is wrong and what to do when the disk of this folder is full; null when it is not
 */
export async function explainFullDisk(dir) {
  // The disk of a folder that was removed cannot be read: it counts as not full.
  const free = await freeBytes(dir).catch(() => Infinity)
  if (free >= NEARLY_FULL_BYTES) return null
  return `the disk of ${displayPath(dir)} is full (${inMebibytes(free)} left). Free some space: everything then continues on its own, and nothing that was accepted is lost`
}

/**
 * Reports when the disk of a folder becomes full, and when it has space again. The end of a server is not a sufficient
 * signal: servers that fail to write do not always end.
 *
 * @param {string} dir
 * @param {(text: string) => void} say
 * @returns {() => void} ends the watch
 */
export function watchDisk(dir, say) {
  let wasFull = false
  const look = async () => {
    const fault = await explainFullDisk(dir)
    if ((fault !== null) === wasFull) return
    wasFull = fault !== null
    say(fault ?? 'has enough space again')
  }
  const timer = setInterval(() => void look(), LOOK_AGAIN_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** @param {string} dir */
async function freeBytes(dir) {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

/** @param {number} bytes */
const inMebibytes = (bytes) => `${Math.floor(bytes / MEBIBYTE)} MiB`
