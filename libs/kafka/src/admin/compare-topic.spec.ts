import { describe, expect, it } from '@jest/globals'
import type { TopicSpec } from '@hooklane/contracts/records'
import { compareTopic, violatedRelations } from './compare-topic.js'
import type { TopicDescription } from './topic-description.js'

const spec: TopicSpec = { name: 'h.events', partitions: 6, cleanup: 'delete', retentionMs: 1000 }
const found: TopicDescription = {
  name: 'h.events',
  partitions: 6,
  replicationFactor: 1,
  cleanup: 'delete',
  retentionMs: 1000,
}

describe('comparing a topic with its spec', () => {
  it('a topic that fits has no faults, and may keep its records longer', () => {
    expect(compareTopic(spec, found, 'exact')).toEqual([])
    expect(compareTopic(spec, { ...found, retentionMs: 5000 }, 'exact')).toEqual([])
    expect(compareTopic(spec, { ...found, retentionMs: -1 }, 'exact')).toEqual([])
  })

  it('each fault names the actual value, the required value, and what to do', () => {
    const faults = compareTopic(spec, { ...found, partitions: 5, cleanup: 'compact', retentionMs: 10 }, 'exact')
    expect(faults).toHaveLength(3)
    expect(faults[0]).toContain('has 5 partitions, but must have 6: delete it')
    expect(faults[1]).toContain('has cleanup.policy=compact, but needs delete: run kafka-configs.sh')
    expect(faults[2]).toContain('keeps records for 10 ms, but must keep them for 1000 ms or more: run kafka-configs.sh')
    expect(compareTopic(spec, undefined, 'exact')[0]).toContain('does not exist: create it with 6 partitions')
  })

  it('with `asFound`, any number of partitions is accepted', () => {
    expect(compareTopic(spec, { ...found, partitions: 24 }, 'asFound')).toEqual([])
  })

  it('related partition counts are compared with each other', () => {
    const topics = new Map([
      ['events', { ...found, partitions: 6 }],
      ['state', { ...found, partitions: 5 }],
      ['retry', { ...found, partitions: 12 }],
    ])
    expect(violatedRelations([{ topic: 'state', reference: 'events', how: 'equal' }], topics)[0]).toContain(
      'topic state has 5 partitions, but must have as many as events, which has 6',
    )
    expect(violatedRelations([{ topic: 'retry', reference: 'events', how: 'multiple' }], topics)).toEqual([])
    expect(violatedRelations([{ topic: 'state', reference: 'nowhere', how: 'equal' }], topics)).toEqual([])
  })
})
