/** @typedef {import('./judge/records.mjs').TopicRecord} TopicRecord */

/**
 * Falsifies the recorded topic of a run, to test that the judge notices: `lose` removes a record, `invent` adds a copy with other
 * content, `leak` adds a secret to a record.
 *
 * @param {TopicRecord[]} records
 * @param {'lose' | 'invent' | 'leak'} how
 * @param {string} token
 * @returns {TopicRecord[]}
 */
export function sabotage(records, how, token) {
  const at = lastOrdinary(records)
  const record = records[at]
  if (!record) throw new Error('nothing to sabotage: a resync.required after each event excuses its loss')
  const event = JSON.parse(record.value)
  const others = records.filter((one) => one !== record)
  if (how === 'lose') return others
  if (how === 'leak') return records.with(at, { ...record, value: JSON.stringify({ ...event, note: token }) })
  const copy = { ...record, value: JSON.stringify({ ...event, data: { ...event.data, company_id: 'cmp_z' } }) }
  return records.toSpliced(at + 1, 0, copy)
}

/**
 * Returns the index of the last change event that no `resync.required` follows in its partition. A `resync.required` would excuse the loss
 * of the event.
 *
 * @param {readonly TopicRecord[]} records
 */
function lastOrdinary(records) {
  /** @type {Map<number, number>} */
  const resyncs = new Map()
  records.forEach(({ partition, value }, index) => {
    if (JSON.parse(value).type === 'resync.required') resyncs.set(partition, index)
  })
  return records.findLastIndex(({ partition, value }, index) => {
    const { revision, type } = JSON.parse(value)
    return revision !== null && !type.startsWith('beacons.') && index > (resyncs.get(partition) ?? -1)
  })
}
