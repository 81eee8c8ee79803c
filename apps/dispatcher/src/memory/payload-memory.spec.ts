import { describe, expect, it } from '@jest/globals'
import type { LaneInput } from '@hooklane/core/lane'
import { PayloadMemory } from './payload-memory.js'

describe('reading', () => {
  it('pauses at 80 % of the payload memory and goes on at 60 %, with nothing in between', () => {
    const memory = new PayloadMemory(100)
    const told: unknown[] = []
    const session = { handle: (input: LaneInput) => void told.push(input) }
    const toldAt = (heldBytes: number) => {
      told.length = 0
      memory.limit(heldBytes, [session])
      return [...told]
    }
    const pause = [{ type: 'budget', level: 'pause' }]
    const ok = [{ type: 'budget', level: 'ok' }]
    // While reading is paused, each measurement says so: a session may have been opened since the last.
    expect([10, 79, 80, 70, 61, 60, 79].map(toldAt)).toEqual([[], [], pause, pause, pause, ok, []])
  })
})
