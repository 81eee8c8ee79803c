import { statfs } from 'node:fs/promises'
import { displayPath } from './home.mjs'
import { StackError } from './stack-error.mjs'

const MEBIBYTE = 1024 * 1024

/**
 * The free space that local servers require at the start. A new Postgres and Kafka take 85 MiB, and Postgres needs room for the
 * next segments of its log. Too low: the start fails half-way on a full disk. Too high: the launcher refuses disks that are large
 * enough.
 */
const ROOM_FOR_SERVERS_BYTES = 200 * MEBIBYTE

/**
 * A disk with less free space than this counts as full. Servers then fail to write: a segment of Postgres' log takes 16 MiB, one of
 * Kafka's indexes 1 MiB.
 */
const NEARLY_FULL_BYTES = 20 * MEBIBYTE

/**
 * The time between two checks of the disk. Too short: little harm, because a check takes microseconds. Too long: servers log many
 * failed writes before the launcher prints the cause.
 */
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
 * @returns {Promise<string | null>} what is wrong and what to do when the disk of this folder is full; null when the disk is not full
 */
export async function explainFullDisk(dir) {
  // The disk of a removed folder cannot be read, so it counts as not full.
  const free = await freeBytes(dir).catch(() => Infinity)
  if (free >= NEARLY_FULL_BYTES) return null
  return `the disk of ${displayPath(dir)} is full (${inMebibytes(free)} left). Free some space: everything then continues on its own, and nothing that was accepted is lost`
}

/**
 * Reports when the disk of a folder becomes full, and when it has space again. To watch for the end of a server is not enough,
 * because servers that fail to write do not always end.
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
