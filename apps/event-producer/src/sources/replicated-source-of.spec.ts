import { describe, expect, it } from '@jest/globals'
import { ChangesMissing, type RefusedGap } from '@hooklane/replication'
import { sourceOf } from './capture-consumer.fixture.js'
import { replicatedSourceOf } from './replicated-source-of.js'

const gap = (id: string): RefusedGap => ({ code: 'CHANGES_MISSING', reason: 'public.item was left out', id })
const refusalOf = (accept: readonly string[], id: string): string =>
  new ChangesMissing(
    new Map([['public.item', gap(id)]]),
    replicatedSourceOf(sourceOf({ accept }), { ofSource: new Map(), ofTable: new Map() }),
  ).message

describe('a refusal because of missing changes', () => {
  it('says how to accept them, together with all that the capture file accepts already', () => {
    expect(refusalOf([], 'gap-00000001')).toContain('write `accept: [gap-00000001]` below the source')
    expect(refusalOf(['gap-00000001'], 'gap-00000002')).toContain(
      'write `accept: [gap-00000001, gap-00000002]` below the source',
    )
    expect(refusalOf([], 'gap-00000001')).toContain('receivers are then told to fetch items again')
  })
})
