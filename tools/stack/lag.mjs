/**
 * How far a reader is behind.
 *
 * @typedef {object} Lag
 * @property {'replication slot' | 'router' | 'dispatcher' | 'recorder'} reader
 * @property {string} of - The source of a replication slot, the worker group of a dispatcher, or the topics of a router or recorder.
 * @property {'records' | 'bytes'} unit
 * @property {number} lag
 * @property {number} [safeBytes] - Of a replication slot: how much more WAL may be written before the slot is lost; absent without a limit.
 * @property {number} [parkedLanes] - Of a worker group: the number of apps whose lane is parked because deliveries fail.
 * @property {number} [oldestSeconds] - Of a worker group: the time since the oldest delivery that waits at the head of a lane was
 *   routed.
 */

/** @typedef {import('./metrics-text.mjs').Sample} Sample */

/**
 * Computes from the metrics of all processes how far every reader is behind.
 *
 * @param {readonly Sample[]} samples
 * @returns {Lag[]} in the order in which a change passes the readers
 */
export function lagOf(samples) {
  const by = (/** @type {string} */ name, label = '', combine = sum) =>
    combined(
      samples.filter((sample) => sample.name === `hooklane_${name}`),
      label,
      combine,
    )
  const lagOfGroups = (/** @type {Lag['reader']} */ service) =>
    combined(
      samples.filter(({ name, labels }) => name === 'hooklane_consumer_lag_records' && labels['service'] === service),
      'group',
      sum,
    )
  const safe = by('capture_safe_bytes', 'source')
  const parked = combined(
    samples.filter(({ name, labels }) => name === 'hooklane_lanes' && labels['mode'] === 'parked'),
    'group',
    sum,
  )
  const oldest = by('lane_oldest_age_seconds', 'group', Math.max)
  return [
    ...[...by('capture_lag_bytes', 'source')].map(([source, lag]) => slotLag(source, lag, safe.get(source))),
    ...[...lagOfGroups('router').values()].map((lag) => recordLag('router', 'events', lag)),
    ...[...lagOfGroups('dispatcher')].map(([group, lag]) => ({
      ...recordLag('dispatcher', group, lag),
      parkedLanes: parked.get(group) ?? 0,
      oldestSeconds: Math.round(oldest.get(group) ?? 0),
    })),
    ...[...lagOfGroups('recorder').values()].map((lag) => recordLag('recorder', 'attempts, dead-letters', lag)),
  ]
}

const sum = (/** @type {number} */ a, /** @type {number} */ b) => a + b

/**
 * Combines the samples of all processes: one result for each value of the label.
 *
 * @param {readonly Sample[]} samples
 * @param {string} label
 * @param {(a: number, b: number) => number} combine
 * @returns {Map<string, number>}
 */
function combined(samples, label, combine) {
  /** @type {Map<string, number>} */
  const values = new Map()
  for (const { labels, value } of samples) {
    const key = labels[label] ?? ''
    const earlier = values.get(key)
    values.set(key, earlier === undefined ? value : combine(earlier, value))
  }
  return values
}

/**
 * @param {string} source
 * @param {number} lag
 * @param {number | undefined} safeBytes
 * @returns {Lag}
 */
function slotLag(source, lag, safeBytes) {
  const slot = {
    reader: /** @type {const} */ ('replication slot'),
    of: source,
    unit: /** @type {const} */ ('bytes'),
    lag,
  }
  return safeBytes === undefined ? slot : { ...slot, safeBytes }
}

/**
 * @param {Lag['reader']} reader
 * @param {string} of
 * @param {number} lag
 * @returns {Lag}
 */
const recordLag = (reader, of, lag) => ({ reader, of, unit: 'records', lag })
