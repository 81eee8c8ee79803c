import { describe, expect, it } from '@jest/globals'
import type { Knobs, Mutation } from './knobs.js'
import { simulate } from './simulate.js'

/** A failure names its seed. `SIMULATION_SEED=<n>` starts at that seed; `SIMULATION_RUNS=<n>` sets the number of schedules. */
const firstSeed = Number(process.env.SIMULATION_SEED ?? 1)
const runs = Number(process.env.SIMULATION_RUNS ?? 120)

describe('the dispatcher under random faults', () => {
  it(`breaks no invariant in ${runs} schedules from seed ${firstSeed}`, async () => {
    for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
      const { violation } = await simulate(seed)
      expect({ seed, violation }).toEqual({ seed, violation: null })
    }
  })

  it('repeats a schedule exactly', async () => {
    expect(await simulate(firstSeed)).toEqual(await simulate(firstSeed))
  })
})

describe('a dispatcher that is broken on purpose', () => {
  const freezes: Partial<Knobs> = { faults: 30, freezes: 0.7, crashes: 0.1, slowReceivers: 0.6 }
  const slowSql: Partial<Knobs> = { faults: 20, slowSql: 0.2 }

  it.each<[Mutation, readonly string[], Partial<Knobs>]>([
    ['noLease', ['I2'], {}],
    ['noGuard', ['I2'], freezes],
    ['noLastCheck', ['I2'], freezes],
    ['releaseEarly', ['I2'], { faults: 30, slowReceivers: 0.5 }],
    ['noFence', ['I8', 'I5', 'I4'], { ...freezes, slowSql: 0.2 }],
    ['positionUnfenced', ['I8', 'I5'], {}],
    ['positionRace', ['I5'], slowSql],
    ['doneAtRead', ['I4', 'log'], {}],
    ['noFloor', ['I5'], {}],
    ['floorAtPosition', ['I5', 'I1'], slowSql],
    ['ackBeforeLanding', ['I4', 'log', 'I1'], {}],
    ['gapsForgotten', ['I1'], {}],
    ['restoredForgotten', ['I5'], {}],
    ['endAtRead', ['END'], { deletions: 0.02 }],
    ['endForgotten', ['END'], { deletions: 0.02 }],
  ])('%s is caught', async (mutation, invariants, knobs) => {
    for (let seed = firstSeed; seed < firstSeed + 200; seed++) {
      // Deleted apps make fewer requests, which would hide some mutations: so apps are deleted only where a mutation needs it.
      const { invariant } = await simulate(seed, mutation, { deletions: 0, ...knobs })
      if (invariant === null) continue
      expect(invariants).toContain(invariant)
      return
    }
    throw new Error(`${mutation} was not caught`)
  })
})
