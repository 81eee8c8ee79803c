import { describe, expect, it } from '@jest/globals'
import { createRegistry, Readiness } from '@hooklane/observability'
import type { GroupWorker } from '../groups/group-worker.js'
import { PayloadMemory } from '../memory/payload-memory.js'
import { dispatcherMetrics } from '../metrics.js'
import { observeSessions } from './observe-sessions.js'
import { Observer } from './observer.js'

/** One group with one partition whose offsets the test moves; times in ms. */
function world() {
  const at = { nowMs: 1_000_000, low: 10n, next: 10n, unpublishedBytes: 0 }
  const told: unknown[] = []
  const state = {
    get offsets() {
      return { low: at.low, next: at.next }
    },
    lanes: new Map(),
    queuedBytes: 0,
    duplicatesSuppressed: 0,
  }
  const worker = {
    workerGroup: 'shared-webhook',
    partitions: new Map([
      [0, { session: { state, deadlineMs: at.nowMs + 40_000, handle: (input: unknown) => told.push(input) } }],
    ]),
  } as unknown as GroupWorker
  const registry = createRegistry('dispatcher')
  const memory = new PayloadMemory(1_000_000)
  const observer = new Observer({
    metrics: dispatcherMetrics(registry),
    readiness: new Readiness(),
    clock: { monotonicMs: () => at.nowMs, wallMs: () => at.nowMs },
    inFlight: () => 0,
    unpublishedBytes: () => at.unpublishedBytes,
  })
  const gaugeAfter = async (seconds: number, name: string) => {
    at.nowMs += seconds * 1000
    observeSessions({ observer, memory }, [worker])
    return (await registry.getSingleMetric(`hooklane_${name}`)?.get())?.values[0]?.value
  }
  return { at, told, gaugeAfter }
}

describe('Observer', () => {
  it('a position with unsettled deliveries behind it ages until it moves; one without does not age', async () => {
    const { at, gaugeAfter } = world()
    expect(await gaugeAfter(0, 'position_age_seconds')).toBe(0)
    expect(await gaugeAfter(60, 'position_age_seconds')).toBe(0)
    at.next = 20n
    expect(await gaugeAfter(5, 'position_age_seconds')).toBe(5)
    expect(await gaugeAfter(30, 'position_age_seconds')).toBe(35)
    at.low = 12n
    expect(await gaugeAfter(1, 'position_age_seconds')).toBe(0)
    expect(await gaugeAfter(9, 'position_age_seconds')).toBe(9)
    at.low = 20n
    expect(await gaugeAfter(9, 'position_age_seconds')).toBe(0)
  })

  it('bytes that wait for Kafka count as held, so reading pauses before they fill the memory', async () => {
    const { at, told, gaugeAfter } = world()
    at.unpublishedBytes = 700_000
    expect(await gaugeAfter(1, 'held_payload_bytes')).toBe(700_000)
    expect(told).toEqual([])
    at.unpublishedBytes = 900_000
    await gaugeAfter(1, 'held_payload_bytes')
    expect(told).toEqual([{ type: 'budget', level: 'pause' }])
    at.unpublishedBytes = 0
    await gaugeAfter(1, 'held_payload_bytes')
    expect(told.at(-1)).toEqual({ type: 'budget', level: 'ok' })
  })
})
