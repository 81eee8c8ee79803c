import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import type { RouterLog } from '@hooklane/core/routing'
import { eventually } from './eventually.js'

const WITHIN = { withinMs: 45_000 }

export interface RouterLogHarness {
  /** A log that reads events from a topic with two partitions. */
  readonly log: RouterLog
  /** A topic with one partition to write to. */
  readonly topic: string
  readonly missingTopic: string
  /** Appends this many records to a partition of the topic of events. */
  appendEvents(partition: number, count: number): Promise<void>
  /** Returns the committed values of `topic` that were read so far, in the order of their offsets. */
  written(): readonly string[]
  close(): Promise<void>
}

/** The contract that every implementation of `RouterLog` must fulfil. */
export function describeRouterLogContract(name: string, make: () => Promise<RouterLogHarness>): void {
  describe(`${name} as RouterLog`, () => {
    let harness: RouterLogHarness
    beforeEach(async () => {
      harness = await make()
    })
    afterEach(() => harness.close())

    const record = (value: string, topic = harness.topic): OutgoingRecord => ({ topic, partition: 0, key: 'k', value })
    const reads = (values: readonly string[]) => eventually(() => expect(harness.written()).toEqual(values), WITHIN)
    const failureOf = async (work: Promise<unknown>) => {
      const error: unknown = await work.then(
        () => null,
        (reason: unknown) => reason,
      )
      return error === null ? null : harness.log.classify(error)
    }

    it('writes the records and the offset of a transaction together, in the order of the transactions', async () => {
      const { log } = harness
      const writer = await log.openWriter(0)
      await writer.commit({ records: [record('a'), record('b')], nextOffset: 5n })
      expect(await log.committedOffset(0)).toBe(5n)
      await writer.commit({ records: [record('c')], nextOffset: 9_007_199_254_740_993n })
      expect(await log.committedOffset(0)).toBe(9_007_199_254_740_993n)
      await reads(['a', 'b', 'c'])
    })

    it('moves the offset without records, and writes records without moving it', async () => {
      const { log } = harness
      const writer = await log.openWriter(0)
      expect(await log.committedOffset(0)).toBeNull()
      await writer.commit({ records: [record('a')] })
      expect(await log.committedOffset(0)).toBeNull()
      await writer.commit({ records: [], nextOffset: 3n })
      expect(await log.committedOffset(0)).toBe(3n)
      await reads(['a'])
    })

    it('keeps a writer and an offset for each partition', async () => {
      const { log } = harness
      const [first, second] = [await log.openWriter(0), await log.openWriter(1)]
      await first.commit({ records: [record('a')], nextOffset: 1n })
      await second.commit({ records: [record('b')], nextOffset: 2n })
      await first.commit({ records: [record('c')], nextOffset: 3n })
      expect([await log.committedOffset(0), await log.committedOffset(1)]).toEqual([3n, 2n])
      await reads(['a', 'b', 'c'])
    })

    it('fences a writer when another one is opened for its partition: nothing more of it is written', async () => {
      const { log } = harness
      const first = await log.openWriter(0)
      await first.commit({ records: [record('a')], nextOffset: 1n })
      const second = await log.openWriter(0)
      expect(await failureOf(first.commit({ records: [record('late')], nextOffset: 8n }))).toBe('fenced')
      expect(await log.committedOffset(0)).toBe(1n)
      await second.commit({ records: [record('b')], nextOffset: 2n })
      expect(await log.committedOffset(0)).toBe(2n)
      await reads(['a', 'b'])
    })

    it('writes nothing of a transaction for a topic that does not exist, and can be used further', async () => {
      const { log, missingTopic } = harness
      const writer = await log.openWriter(0)
      const records = [record('a'), record('b', missingTopic)]
      expect(await failureOf(writer.commit({ records, nextOffset: 1n }))).toBe('topic_missing')
      expect(await log.committedOffset(0)).toBeNull()
      await writer.commit({ records: [record('c')], nextOffset: 2n })
      await reads(['c'])
    })

    it('knows the first and the next offset of a partition of events', async () => {
      await harness.appendEvents(1, 3)
      await eventually(
        async () => expect(await harness.log.eventOffsets(1)).toEqual({ partition: 1, low: 0n, high: 3n }),
        WITHIN,
      )
      expect(await harness.log.eventOffsets(0)).toEqual({ partition: 0, low: 0n, high: 0n })
    })
  })
}
