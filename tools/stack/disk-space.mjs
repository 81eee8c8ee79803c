import { statfs } from 'node:fs/promises'
import { displayPath } from './home.mjs'
import { StackError } from './stack-error.mjs'

const MEBIBYTE = 1024 * 1024

/**
 * A new Postgres and Kafka take 85 MiB, and Postgres wants room for the next segments of its log. Lower: the start fails
 * half-way on a full disk. Higher: small disks are refused that would do.
 */
const ROOM_FOR_SERVERS_BYTES = 200 * MEBIBYTE

/** Less than this and servers fail to write: a segment of Postgres' log has 16 MiB, one of Kafka's indexes 1 MiB. */
const NEARLY_FULL_BYTES = 20 * MEBIBYTE

/** Asking costs microseconds; later news means more log lines of servers to read. */
const LOOK_AGAIN_MS = 2_000

/**
 * Refuses a disk on which local servers would soon fail to write.
 *
 * @param {string} dir - Exists.
 * @param {string} name - What the user calls it.
 * @returns {Promise<void>}
 */
export async function requireRoom(dir, name) {
  const free = await freeBytes(dir)
  if (free >= ROOM_FOR_SERVERS_BYTES) return
  throw new StackError(
    `${name}=${displayPath(dir)}: its disk has ${inMebibytes(free)} left, and a local PostgreSQL and Kafka need ${inMebibytes(ROOM_FOR_SERVERS_BYTES)}. Free some space, or name a folder on another disk in ${name}.`,
  )
}

/**
 * @param {string} dir
 * @returns {Promise<string | null>} what to do when the disk of this folder is full, null when it is not
 */
export async function explainFullDisk(dir) {
  // A folder that cannot be asked (somebody removed it) is not full.
  const free = await freeBytes(dir).catch(() => Infinity)
  if (free >= NEARLY_FULL_BYTES) return null
  return `the disk of ${displayPath(dir)} is full (${inMebibytes(free)} left). Free some space: it goes on by itself then, and nothing that was accepted is lost`
}

/**
 * Says when the disk of a folder is full, and when there is room again: servers that fail to write do not always end.
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
    say(fault ?? 'there is room again')
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
