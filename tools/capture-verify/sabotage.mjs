/** @typedef {import('./judge/records.mjs').TopicRecord} TopicRecord */

/**
 * Breaks the record of a run on purpose, to see that the judge notices it: `lose` takes a record away, `invent` adds a copy with other content,
 * `leak` puts a secret into one.
 *
 * @param {TopicRecord[]} records
 * @param {'lose' | 'invent' | 'leak'} how
 * @param {string} token
 * @returns {TopicRecord[]}
 */
export function sabotage(records, how, token) {
  const at = lastOrdinary(records)
  const record = records[at]
  if (!record) throw new Error('no event is left whose loss nothing would make good: nothing to sabotage')
  const event = JSON.parse(record.value)
  const others = records.filter((one) => one !== record)
  if (how === 'lose') return others
  if (how === 'leak') return records.with(at, { ...record, value: JSON.stringify({ ...event, note: token }) })
  const copy = { ...record, value: JSON.stringify({ ...event, data: { ...event.data, company_id: 'cmp_z' } }) }
  return records.toSpliced(at + 1, 0, copy)
}

/** Of a change that no receiver is told to fetch again afterwards: its loss would be excused else. @param {readonly TopicRecord[]} records */
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
