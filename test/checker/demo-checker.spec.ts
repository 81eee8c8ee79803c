import { describe, expect, it } from '@jest/globals'
import { check, isClean, unexplainedDuplicates } from '../../tools/demo/checker.mjs'

const COUNT = 6

function truth() {
  const expected = Array.from({ length: COUNT }, (_, index) => ({
    type: 'products.updated',
    entity: `product/p${index % 2}`,
    marker: index,
    committedAt: 1_000 + index,
  }))
  return [{ app: 'a1', company: 'c1', expected }]
}

function goodHistory() {
  return truth()[0]!.expected.map((event, index) => ({
    app: 'a1',
    id: `msg_${index}`,
    sequence: index + 1,
    previous: index,
    attempt: 1,
    type: event.type,
    entity: event.entity,
    marker: event.marker,
    company: 'c1',
    epoch: 7,
    signed: true,
    startedMs: index * 10,
    endedMs: index * 10 + 5,
    receivedAt: 1_010 + index,
    status: 200,
  }))
}

/** Breaks a good history in one way. */
const broken = (change: (history: ReturnType<typeof goodHistory>) => void) => {
  const history = goodHistory()
  change(history)
  return check(truth(), history)
}

describe('the demo’s checker', () => {
  it('finds nothing in a good history', () => {
    const result = check(truth(), goodHistory())
    expect(result).toMatchObject({
      deliveries: COUNT,
      delivered: COUNT,
      lost: 0,
      duplicates: 0,
      latencyMs: { p50: 10, p99: 10 },
    })
    expect(isClean(result)).toBe(true)
  })

  /** A good history with one event about the stream in its middle. */
  const withResync = () => {
    const history = goodHistory()
    const resync = { ...history[2]!, id: 'msg_resync', type: 'resync.required', entity: 'subscription/sub_1' }
    history.splice(3, 0, resync)
    history.forEach((one, index) => {
      Object.assign(one, { sequence: index + 1, previous: index, startedMs: index * 10, endedMs: index * 10 + 5 })
    })
    return history
  }

  it('expects no change for an event about the stream, but counts its sequence number', () => {
    const result = check(truth(), withResync())
    expect(result).toMatchObject({ delivered: COUNT, findings: [] })
    expect(isClean(result)).toBe(true)
  })

  it('finds a hole where an event about the stream is missing', () => {
    const history = withResync()
    history.splice(3, 1)
    expect(check(truth(), history).holes).toBeGreaterThan(0)
  })

  it('counts a repeated id as a duplicate, which is no violation', () => {
    const result = broken((h) => h.push({ ...h[5]!, attempt: 2, startedMs: 90, endedMs: 95 }))
    expect(result.duplicates).toBe(1)
    expect(isClean(result)).toBe(true)
  })

  it.each<[keyof ReturnType<typeof check>, (history: ReturnType<typeof goodHistory>) => void]>([
    ['lost', (h) => h.splice(3, 1)],
    ['lost', (h) => (h[5]!.status = 503)],
    ['reordered', (h) => ([h[2], h[3]] = [h[3]!, h[2]!])],
    ['reordered', (h) => h.push({ ...h[0]!, marker: 4, startedMs: 90, endedMs: 95 })],
    ['overlapping', (h) => (h[2]!.endedMs = 31)],
    ['overlapping', (h) => (h[0]!.endedMs = Number.POSITIVE_INFINITY)],
    ['badSignatures', (h) => (h[1]!.signed = false)],
    ['holes', (h) => (h[5]!.sequence = 7)],
    ['holes', (h) => (h[5]!.previous = 3)],
    ['phantoms', (h) => h.push({ ...h[5]!, id: 'msg_x', marker: 99, startedMs: 90, endedMs: 95 })],
    ['phantoms', (h) => h.push({ ...h[5]!, app: 'a9' })],
    ['foreign', (h) => (h[1]!.company = 'c2')],
    ['holes', (h) => h.push({ ...h[5]!, sequence: 7, startedMs: 90, endedMs: 95 })],
    ['stale', (h) => (h[2]!.epoch = 8)],
  ])('finds a %s', (name, change) => {
    const result = broken(change)
    expect(result[name]).toBeGreaterThan(0)
    expect(isClean(result)).toBe(false)
  })

  it('explains a repeated id by a fault only if the id was first accepted during that fault', () => {
    const history = goodHistory()
    history.push({ ...history[2]!, startedMs: 90, endedMs: 95 })
    expect(unexplainedDuplicates(history, [{ fromMs: 15, toMs: 40 }])).toEqual([])
    expect(unexplainedDuplicates(history, [{ fromMs: 30, toMs: 40 }])).toEqual(['a1 msg_2 was accepted again'])
  })
})
