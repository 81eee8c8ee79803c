/**
 * A record of the topic `events`, as the judge's reader recorded it.
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
 * @property {number} process - The index of the event-producer process that wrote it.
 * @property {string} place - Its partition and offset, for messages.
 */

const POSITION = /^([0-9A-F]{4})-([0-9A-F]{16})-([0-9A-F]{16})-([0-9A-F]{4})-([01])$/
const OPERATIONS = /** @type {Readonly<Record<string, string>>} */ ({
  created: 'create',
  updated: 'update',
  deleted: 'delete',
})

/**
 * Parses the records and checks everything that can be checked without the log: each record by itself, and their order.
 *
 * @param {readonly TopicRecord[]} records - The records of each partition are in the order of their offsets.
 * @param {{ source: string, token: string, processOf: (partition: number, offset: bigint) => number }} run - `token`: a part of every
 *   secret value.
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
    const fault = event === null ? 'is not an event' : faultOf(event, position, { ...record, source })
    if (fault !== null || position === null) {
      findings.add('invented', `${place} ${fault ?? 'has no position'}`, { record: value })
      continue
    }
    const earlier = byPosition.get(position.text)
    const problem = earlier
      ? `has the position of ${earlier.place}${earlier.value === value ? ': published twice' : ', but other content'}`
      : position.text <= (last.get(partition) ?? '')
        ? 'follows a record of its partition with a later position'
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
  if (event.producer !== source) return `has the producer ${event.producer}`
  if (key !== event.companyId) return `has the key ${key}, but the company ${event.companyId}`
  if (typeof event.id !== 'string' || typeof event.entity?.id !== 'string') return 'lacks an id'
  if (event.type === 'resync.required') {
    const { reason, resources, to } = event.data ?? {}
    if (event.revision !== null || typeof reason !== 'string' || !Array.isArray(resources))
      return 'is not a valid resync.required'
    return to === position.text ? null : `says that its position is ${to}`
  }
  const { revision, type } = event
  if (revision?.id !== position.text) return `says that its position is ${revision?.id}`
  if (OPERATIONS[type.split('.').at(-1)] !== revision.operation)
    return `has the type ${type}, but the operation ${revision.operation}`
  return typeof revision.transaction?.id === 'string' ? null : 'names no transaction'
}
