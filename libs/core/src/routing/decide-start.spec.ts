import { describe, expect, it } from '@jest/globals'
import { decideStart } from './decide-start.js'

describe('decideStart', () => {
  const at = (committed: bigint | null, stateNext: bigint | null, low = 10n, high = 100n) =>
    decideStart({ committed, stateNext, low, high })

  it('begins at the start of the topic when nothing was ever routed', () => {
    expect(at(null, null)).toEqual({ kind: 'start', next: 10n, incidents: [], expired: null })
  })

  it('goes on where the last transaction ended, also at the very end', () => {
    expect(at(40n, 40n)).toEqual({ kind: 'start', next: 40n, incidents: [], expired: null })
    expect(at(100n, 100n)).toEqual({ kind: 'start', next: 100n, incidents: [], expired: null })
  })

  it('goes on from its own state when the commit is gone', () => {
    expect(at(null, 40n)).toEqual({ kind: 'start', next: 40n, incidents: ['commit_lost'], expired: null })
  })

  it('follows a commit that a person moved, and reports it', () => {
    expect(at(20n, 40n)).toEqual({ kind: 'start', next: 20n, incidents: ['commit_moved'], expired: null })
  })

  it('reports when retention deleted events before they were routed, and which', () => {
    const expired = { from: 5n, to: 10n }
    expect(at(5n, 5n)).toEqual({ kind: 'start', next: 10n, incidents: ['events_expired'], expired })
    const incidents = ['commit_lost', 'events_expired']
    expect(at(null, 5n)).toEqual({ kind: 'start', next: 10n, incidents, expired })
  })

  it('does not start its numbers over when the state is gone, nor skip when the topic was recreated', () => {
    expect(at(40n, null)).toEqual({ kind: 'refuse', reason: 'state_lost' })
    expect(at(400n, 400n)).toEqual({ kind: 'refuse', reason: 'events_recreated' })
  })
})
