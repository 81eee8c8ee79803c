import { describe, expect, it } from '@jest/globals'
import { leaseCovers } from './lease-covers.js'

const holder = (phase: 'running' | 'stopping' | 'saving' | 'unsure' | 'over', over = false, deadlineMs = 1_000) => ({
  over,
  deadlineMs,
  state: { phase },
})

describe('leaseCovers', () => {
  it.each([
    ['ends before the margin of a lease that is held', holder('running'), 900, true],
    ['ends within the margin', holder('running'), 901, false],
    ['ends after the lease', holder('running', false, 100), 900, false],
    ['is in flight while the session stops', holder('stopping'), 900, true],
    ['belongs to a session whose rows may differ from its memory', holder('unsure'), 900, false],
    ['belongs to a session that saves its last position', holder('saving'), 900, false],
    ['belongs to a session that is over', holder('over'), 900, false],
    ['belongs to a session that was abandoned', holder('running', true), 900, false],
  ])('a request that %s', (_case, session, endMs, covers) => {
    expect(leaseCovers(session, endMs, 100)).toBe(covers)
  })
})
