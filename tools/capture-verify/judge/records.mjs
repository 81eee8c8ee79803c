/**
 * A record of the topic `events` as the reader of the judge found it.
 *
 * @typedef {object} TopicRecord
 * @property {number} partition
 * @property {string} offset
 * @property {string | null} key
 * @property {string | null} position - The header `hooklane-position`.
 * @property {string} value
 *
 * @typedef {{ epoch: number, commitLsn: bigint, lsn: bigint, text: string }} Position
 *
 * @typedef {object} JudgedEvent
 * @property {any} event
 * @property {Position} position
 * @property {number} process - Which process of the event-producer wrote it.
 * @property {string} place - Partition and offset, for messages.
 */

const POSITION = /^([0-9A-F]{4})-([0-9A-F]{16})-([0-9A-F]{16})-([0-9A-F]{4})-([01])$/
const OPERATIONS = /** @type {Readonly<Record<string, string>>} */ ({
  created: 'create',
  updated: 'update',
  deleted: 'delete',
})

/**
 * Reads the records and checks what can be checked of each alone, and of their order.
 *
 * @param {readonly TopicRecord[]} records - Of each partition in the order of its offsets.
 * @param {{ source: string, token: string, processOf: (partition: number, offset: bigint) => number }} run - `token`: in every secret value.
 * @param {import('./findings.mjs').Findings} findings
 * @returns {JudgedEvent[]} in the order of their positions
 */
export function readRecords(records, { source, token, processOf }, findings) {
  /** @type {Map<string, JudgedEvent & { value: string }>} */
  const byPosition = new Map()
  const ids = new Set()
  /** @type {Map<number, string>} */
  const last = new Map()
  for (const record of records) {
    const { partition, offset, value } = record
    const place = `${partition}/${offset}`
    if (JSON.stringify(record).includes(token))
      findings.add('leaked', `${place} holds the value of an omitted column`, { record: value })
    const event = parseEvent(value)
    const position = parsePosition(record.position ?? '')
    const fault = event === null ? 'is no event' : faultOf(event, position, { ...record, source })
    if (fault !== null || position === null) {
      findings.add('invented', `${place} ${fault ?? 'has no position'}`, { record: value })
      continue
    }
    const earlier = byPosition.get(position.text)
    const problem = earlier
      ? `has the position of ${earlier.place}${earlier.value === value ? ': it is published twice' : ', and another content'}`
      : position.text <= (last.get(partition) ?? '')
        ? 'stands behind a later one of its partition'
        : ids.has(event.id)
          ? 'has the id of another event'
          : null
    if (problem) findings.add('invented', `${place} ${problem}`, { record: value })
    if (earlier) continue
    ids.add(event.id)
    last.set(partition, position.text)
    byPosition.set(position.text, { event, position, value, place, process: processOf(partition, BigInt(offset)) })
  }
  return [...byPosition.values()].sort((a, b) => (a.position.text < b.position.text ? -1 : 1))
}

/** @param {JudgedEvent} judged */
export const isResync = ({ event }) => event.type === 'resync.required'

/** @param {string} value */
function parseEvent(value) {
  try {
    return JSON.parse(value)
  } catch {
    return null
  }
}

/** @param {string} text @returns {Position | null} */
export function parsePosition(text) {
  const match = POSITION.exec(text)
  if (!match) return null
  const [, epoch = '', commitLsn = '', lsn = ''] = match
  return { epoch: Number.parseInt(epoch, 16), commitLsn: BigInt(`0x${commitLsn}`), lsn: BigInt(`0x${lsn}`), text }
}

/** @param {any} event @param {Position | null} position @param {{ key: string | null, source: string }} record @returns {string | null} */
function faultOf(event, position, { key, source }) {
  if (position === null) return 'has no position'
  if (event.producer !== source) return `is of the producer ${event.producer}`
  if (key !== event.companyId) return `has the key ${key}, and is of ${event.companyId}`
  if (typeof event.id !== 'string' || typeof event.entity?.id !== 'string') return 'lacks an id'
  if (event.type === 'resync.required') {
    const { reason, resources, to } = event.data ?? {}
    if (event.revision !== null || typeof reason !== 'string' || !Array.isArray(resources))
      return 'is no resync.required'
    return to === position.text ? null : `says that it stands at ${to}`
  }
  const { revision, type } = event
  if (revision?.id !== position.text) return `says that it stands at ${revision?.id}`
  if (OPERATIONS[type.split('.').at(-1)] !== revision.operation) return `is ${type}, but says ${revision.operation}`
  return typeof revision.transaction?.id === 'string' ? null : 'names no transaction'
}
