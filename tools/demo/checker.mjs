/**
 * Compares the committed changes with the requests that arrived. Shares no code with the product and knows only the product's promises: no
 * event is lost, events arrive in order and one request at a time, every signature is valid, sequences have no holes, and no app gets an
 * event of another company.
 *
 * @typedef {{ type: string, entity: string, marker: number, committedAt: number }} Expected
 * @typedef {import('./receiver.mjs').Arrival} Arrival
 * @typedef {{ app: string, company: string, expected: readonly Expected[] }} AppExpectation
 */

/** An event about the stream itself belongs to no change, but has a sequence number like any other. @param {Pick<Arrival, 'type'>} one */
const isAboutStream = ({ type }) => type === 'resync.required'

/** @param {Pick<Arrival, 'type' | 'entity' | 'marker'>} one */
const identity = (one) => `${one.type} ${one.entity} ${one.marker}`

/**
 * @param {readonly AppExpectation[]} expectations
 * @param {readonly Arrival[]} arrivals in the order in which they arrived
 */
export function check(expectations, arrivals) {
  const findings = /** @type {string[]} */ ([])
  const total = {
    deliveries: 0,
    delivered: 0,
    lost: 0,
    reordered: 0,
    overlapping: 0,
    duplicates: 0,
    badSignatures: 0,
    holes: 0,
    phantoms: 0,
    foreign: 0,
    stale: 0,
  }
  const latencies = /** @type {number[]} */ ([])
  const byApp = groupByApp(arrivals)
  for (const expectation of expectations) {
    const one = checkApp(expectation, byApp.get(expectation.app) ?? [], latencies)
    for (const [name, count] of Object.entries(one.counts)) total[/** @type {keyof typeof total} */ (name)] += count
    findings.push(...one.findings.map((finding) => `${expectation.app}: ${finding}`))
    byApp.delete(expectation.app)
  }
  for (const [app, strays] of byApp) {
    total.phantoms += strays.length
    findings.push(`${app}: ${strays.length} requests for an unknown app`)
  }
  latencies.sort((a, b) => a - b)
  return { ...total, latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }, findings }
}

/** @param {AppExpectation} expectation @param {readonly Arrival[]} arrivals @param {number[]} latencies */
function checkApp(expectation, arrivals, latencies) {
  const findings = /** @type {string[]} */ ([])
  const counts = {
    deliveries: expectation.expected.length,
    delivered: 0,
    lost: 0,
    reordered: 0,
    overlapping: 0,
    duplicates: 0,
    badSignatures: 0,
    holes: 0,
    phantoms: 0,
    foreign: 0,
    stale: 0,
  }
  /** @param {keyof typeof counts} name @param {string} text */
  const find = (name, text) => {
    counts[name] += 1
    if (findings.length < 5) findings.push(`${name}: ${text}`)
  }
  for (const one of arrivals) {
    if (!one.signed) find('badSignatures', `${one.id} of ${one.type}`)
    if (one.company !== expectation.company) find('foreign', `${one.id} belongs to ${one.company}`)
  }
  overlaps(arrivals).forEach((text) => find('overlapping', text))
  outOfLease(arrivals).forEach((text) => find('stale', text))

  const accepted = arrivals.filter((one) => one.status === 200)
  const seen = /** @type {Map<string, Arrival>} */ (new Map())
  const first = /** @type {Arrival[]} */ ([])
  for (const one of accepted) {
    const earlier = seen.get(one.id)
    if (!earlier) {
      seen.set(one.id, one)
      first.push(one)
    } else if (identity(earlier) !== identity(one)) find('reordered', `${one.id} arrived with different content`)
    else if (earlier.sequence !== one.sequence)
      find('holes', `${one.id} arrived as number ${earlier.sequence} and ${one.sequence}`)
    else find('duplicates', one.id)
  }
  counts.delivered = first.filter((one) => !isAboutStream(one)).length

  const place = new Map(expectation.expected.map((one, index) => [identity(one), index]))
  const arrived = new Set()
  let last = -1
  first.forEach((one, index) => {
    if (one.sequence !== index + 1 || one.previous !== index)
      find('holes', `sequence ${one.sequence} (previous ${one.previous}) as number ${index + 1}`)
    if (isAboutStream(one)) return
    const at = place.get(identity(one))
    if (at === undefined || arrived.has(at)) return find('phantoms', identity(one))
    arrived.add(at)
    if (at < last) find('reordered', `${identity(one)} arrived after a later change`)
    last = Math.max(last, at)
    latencies.push(one.receivedAt - /** @type {Expected} */ (expectation.expected[at]).committedAt)
  })
  expectation.expected.forEach((one, index) => {
    if (!arrived.has(index)) find('lost', identity(one))
  })
  return { counts, findings }
}

/** Requests of one app that were open at the same time. @param {readonly Arrival[]} arrivals */
function overlaps(arrivals) {
  const sorted = [...arrivals].sort((a, b) => a.startedMs - b.startedMs)
  const found = []
  let open = /** @type {Arrival | null} */ (null)
  for (const one of sorted) {
    if (open && one.startedMs < open.endedMs) found.push(`${one.id} began while ${open.id} was open`)
    if (!open || one.endedMs > open.endedMs) open = one
  }
  return found
}

/** Requests under an older lease token that began after a request under a newer token had begun. @param {readonly Arrival[]} arrivals */
function outOfLease(arrivals) {
  let newest = 0
  const found = []
  for (const one of [...arrivals].sort((a, b) => a.startedMs - b.startedMs)) {
    if (one.epoch < newest) found.push(`${one.id} arrived under token ${one.epoch} after one under ${newest}`)
    newest = Math.max(newest, one.epoch)
  }
  return found
}

/**
 * Deliveries that were accepted twice although no fault explains the repetition. A fault explains it if the first request began during the
 * fault, or so shortly before the fault that its settlement was not saved yet.
 *
 * @param {readonly Arrival[]} arrivals
 * @param {readonly { fromMs: number, toMs: number }[]} faults monotonic times; `fromMs` lies before the fault by the time for which a
 *   settlement may stay unsaved
 * @returns {string[]} one line for each such delivery
 */
export function unexplainedDuplicates(arrivals, faults) {
  const first = /** @type {Map<string, Arrival>} */ (new Map())
  const found = []
  for (const one of arrivals) {
    if (one.status !== 200) continue
    const key = `${one.app} ${one.id}`
    const earlier = first.get(key)
    if (!earlier) first.set(key, one)
    else if (!faults.some(({ fromMs, toMs }) => earlier.startedMs >= fromMs && earlier.startedMs <= toMs))
      found.push(`${key} was accepted again`)
  }
  return found
}

/** @param {readonly Arrival[]} arrivals */
function groupByApp(arrivals) {
  const groups = /** @type {Map<string, Arrival[]>} */ (new Map())
  for (const one of arrivals) {
    const group = groups.get(one.app)
    if (group) group.push(one)
    else groups.set(one.app, [one])
  }
  return groups
}

/** @param {readonly number[]} sorted @param {number} share */
function percentile(sorted, share) {
  if (sorted.length === 0) return null
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
}

/** Whether the run violated no promise. Duplicates do not count here. @param {ReturnType<typeof check>} result */
export const isClean = (result) =>
  result.lost +
    result.reordered +
    result.overlapping +
    result.badSignatures +
    result.holes +
    result.phantoms +
    result.foreign +
    result.stale ===
  0
