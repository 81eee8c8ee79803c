import { describe, expect, it } from '@jest/globals'
import type { ConsumerState } from './consumer-host.js'
import { reportConsumers } from './watch-consumers.js'

const state = (group: string, heartbeatAgeMs: number | null): ConsumerState => ({
  group,
  lagRecords: 3,
  fetchAgeMs: 75_000,
  heartbeatAgeMs,
})

function reported(...states: ConsumerState[]) {
  const seen = { states: [] as ConsumerState[], silentMs: [] as (number | null)[] }
  reportConsumers(
    states.map((one) => ({ state: () => one })),
    { state: (one) => seen.states.push(one), silence: (silentMs) => seen.silentMs.push(silentMs) },
  )
  return seen
}

describe('the report on consumers', () => {
  it('contains each consumer, and the longest time without a heartbeat', () => {
    const states = [state('a', 1_000), state('b', 40_000), state('c', null)]
    expect(reported(...states)).toEqual({ states, silentMs: [40_000] })
  })

  it.each([
    ['there is no consumer', []],
    ['none has got a heartbeat answer yet', [state('a', null)]],
  ])('contains no silence while %s', (_, states) => {
    expect(reported(...states).silentMs).toEqual([null])
  })
})
