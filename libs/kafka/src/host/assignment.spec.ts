import { describe, expect, it } from '@jest/globals'
import { HeldPartitions } from './assignment.js'

const events = (partition: number) => ({ topic: 'events', partition })
const states = (partition: number) => ({ topic: 'states', partition })

describe('the partitions that a member holds', () => {
  it('each rebalance returns what was gained and lost', () => {
    const partitions = new HeldPartitions()
    expect(partitions.become([events(0), states(0)])).toEqual({
      held: [events(0), states(0)],
      gained: [events(0), states(0)],
      lost: [],
    })
    expect(partitions.become([events(1), events(0)])).toEqual({
      held: [events(1), events(0)],
      gained: [events(1)],
      lost: [states(0)],
    })
    expect(partitions.become([])).toEqual({ held: [], gained: [], lost: [events(1), events(0)] })
  })

  it('partitions of two topics are not mistaken for each other', () => {
    const partitions = new HeldPartitions()
    partitions.become([events(0)])
    expect([events(0), states(0), events(1)].map((at) => partitions.has(at))).toEqual([true, false, false])
    expect(partitions.list()).toEqual([events(0)])
  })
})
