import { describe, expect, it } from '@jest/globals'
import { MemoryBudget } from './memory-budget.js'

describe('MemoryBudget', () => {
  it('pauses at 80 % and goes on at 60 %, with nothing in between', () => {
    const budget = new MemoryBudget(100)
    const levels = [10, 79, 80, 70, 61, 60, 79].map((held) => budget.update(held))
    expect(levels.map(({ level }) => level)).toEqual(['ok', 'ok', 'pause', 'pause', 'pause', 'ok', 'ok'])
    expect(levels.map(({ hasChanged }) => hasChanged)).toEqual([false, false, true, false, false, true, false])
  })
})
