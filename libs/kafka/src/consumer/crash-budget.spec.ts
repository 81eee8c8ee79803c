import { describe, expect, it } from '@jest/globals'
import { CrashBudget } from './crash-budget.js'

describe('the budget of crashes', () => {
  it('allows a number of crashes within the window, and more once earlier ones are out of it', () => {
    const budget = new CrashBudget(3, 1000)
    expect([0, 100, 200, 300].map((at) => budget.spend(at))).toEqual([true, true, true, false])
    expect(budget.spend(1301)).toBe(true)
  })
})
