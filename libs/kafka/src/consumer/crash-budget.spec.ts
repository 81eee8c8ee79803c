import { describe, expect, it } from '@jest/globals'
import { CrashBudget } from './crash-budget.js'

describe('the budget of crashes', () => {
  it('allows so many within the window, and as many again once they are past', () => {
    const budget = new CrashBudget(3, 1000)
    expect([0, 100, 200, 300].map((at) => budget.spend(at))).toEqual([true, true, true, false])
    expect(budget.spend(1301)).toBe(true)
  })
})
