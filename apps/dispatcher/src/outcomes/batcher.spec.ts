import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { systemClock } from '@hooklane/runtime'
import { Batcher } from './batcher.js'

describe('gathering', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  it('handles in order what was added while the first item waited, and starts over', () => {
    const handled: number[] = []
    const gathering = new Batcher<number>(systemClock, 20, (item) => handled.push(item))
    gathering.add(1)
    jest.advanceTimersByTime(19)
    gathering.add(2)
    expect(handled).toEqual([])
    jest.advanceTimersByTime(1)
    expect(handled).toEqual([1, 2])
    gathering.add(3)
    jest.advanceTimersByTime(20)
    expect(handled).toEqual([1, 2, 3])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('does not wait once enough items are there', () => {
    const handled: number[] = []
    const gathering = new Batcher<number>(systemClock, 20, (item) => handled.push(item))
    for (let item = 0; item < 200; item++) gathering.add(item)
    expect(handled).toEqual(Array.from({ length: 200 }, (_, item) => item))
    expect(jest.getTimerCount()).toBe(0)
  })

  it('takes items that are added while it handles others', () => {
    const handled: number[] = []
    const gathering: Batcher<number> = new Batcher<number>(systemClock, 20, (item) => {
      handled.push(item)
      if (item === 1) gathering.add(2)
    })
    gathering.add(1)
    jest.advanceTimersByTime(40)
    expect(handled).toEqual([1, 2])
  })
})
