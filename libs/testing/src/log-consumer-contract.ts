import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type {
  LogBatch,
  LogConsumer,
  LogConsumerControl,
  LogConsumerHandlers,
  TopicPartition,
} from '@hooklane/core/kernel'
import { eventually } from './eventually.js'

const WITHIN = { withinMs: 45_000 }

export interface LogConsumerHarness {
  /** A consumer of a topic with two partitions. */
  readonly consumer: LogConsumer
  readonly topic: string
  /** Starts the consumer, the only member of its group. Resolves when both partitions are assigned to it. */
  start(handlers: LogConsumerHandlers): Promise<void>
  /** Assigns both partitions again, as a rebalance does. Resolves after `onAssigned` with both; a call with one of them may come before. */
  rebalance(): Promise<void>
  /** Commits an offset of the group before it has a member. */
  commit(partition: number, offset: bigint): Promise<void>
  /** Appends values to a partition, which begins at offset 0. */
  append(partition: number, values: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** The contract that every implementation of `LogConsumer` must fulfil. */
export function describeLogConsumerContract(name: string, make: () => Promise<LogConsumerHarness>): void {
  describe(`${name} as LogConsumer`, () => {
    let harness: LogConsumerHarness
    let batches: LogBatch[]
    let assignments: (readonly TopicPartition[])[]
    beforeEach(async () => {
      harness = await make()
      batches = []
      assignments = []
    })
    afterEach(() => harness.close())

    const at = (partition: number): TopicPartition => ({ topic: harness.topic, partition })
    const fromStart = (assigned: readonly TopicPartition[], control: LogConsumerControl): void => {
      for (const one of assigned) control.seek(one, 0n)
    }
    /** @param place called with each assignment, to seek or pause its partitions */
    const start = (place = fromStart) =>
      harness.start({
        onAssigned: (assigned, control) => {
          assignments.push(assigned)
          place(assigned, control)
        },
        onBatch: (batch) => void batches.push(batch),
        onCrash: (error) => {
          throw error
        },
      })
    const valuesOf = (partition: number): string[] =>
      batches
        .filter((batch) => batch.partition === partition)
        .flatMap(({ records }) => records.map(({ value }) => String(value)))
    const reads = (partition: number, values: readonly string[]) =>
      eventually(() => expect(valuesOf(partition)).toEqual(values), WITHIN)

    it('hands over every record of each partition once, in the order of its offsets', async () => {
      await harness.append(0, ['a', 'b', 'c', 'd', 'e'])
      await harness.append(1, ['x', 'y'])
      await start()
      await harness.append(0, ['f', 'g'])
      await reads(0, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      await reads(1, ['x', 'y'])
      for (const partition of [0, 1]) {
        const own = batches.filter((batch) => batch.partition === partition)
        const offsets = own.flatMap(({ records }) => records.map(({ offset }) => offset))
        expect(offsets).toEqual(offsets.map((_, n) => BigInt(n)))
        for (const { records, endOffset, highWatermark } of own) {
          expect(endOffset).toBeGreaterThan(records.at(-1)?.offset ?? -1n)
          expect(highWatermark).toBeGreaterThanOrEqual(endOffset)
        }
      }
    })

    it('reads from the offset that was sought at the assignment, not from the committed offset', async () => {
      await harness.append(0, ['a', 'b', 'c'])
      await harness.commit(0, 1n)
      await start((assigned, control) => {
        for (const one of assigned) control.seek(one, one.partition === 0 ? 2n : 0n)
      })
      await harness.append(1, ['x'])
      await reads(0, ['c'])
      await reads(1, ['x'])
    })

    it('reads on from a later seek', async () => {
      await harness.append(0, ['a', 'b', 'c'])
      await start()
      await reads(0, ['a', 'b', 'c'])
      harness.consumer.seek(at(0), 1n)
      await reads(0, ['a', 'b', 'c', 'b', 'c'])
    })

    it('hands over nothing of a partition that was paused when it was assigned, until it is resumed', async () => {
      await harness.append(0, ['a'])
      await harness.append(1, ['x'])
      await start((assigned, control) => {
        fromStart(assigned, control)
        control.pause([at(0)])
      })
      await reads(1, ['x'])
      await harness.append(1, ['y'])
      await reads(1, ['x', 'y'])
      expect(valuesOf(0)).toEqual([])
      harness.consumer.resume([at(0)])
      await reads(0, ['a'])
    })

    it('after a rebalance, reads from the committed offset again and keeps paused partitions paused', async () => {
      await harness.append(0, ['a', 'b'])
      await harness.append(1, ['x'])
      await harness.commit(0, 1n)
      await start((assigned, control) => {
        // Only the first assignment seeks on partition 0. After the rebalance, its committed offset counts.
        if (assignments.length === 1) fromStart(assigned, control)
        else control.seek(at(1), 0n)
        control.pause([at(1)])
      })
      await reads(0, ['a', 'b'])
      await harness.rebalance()
      expect(assignments.at(-1)).toHaveLength(2)
      await eventually(() => expect(new Set(valuesOf(0).slice(2))).toEqual(new Set(['b'])), WITHIN)
      expect(valuesOf(1)).toEqual([])
      harness.consumer.resume([at(1)])
      await reads(1, ['x'])
    })

    it('knows when its group and its log answered last', async () => {
      expect([harness.consumer.lastHeartbeatMs(), harness.consumer.lastFetchMs()]).toEqual([null, null])
      await harness.append(0, ['a'])
      await start()
      await reads(0, ['a'])
      expect(harness.consumer.lastHeartbeatMs()).toEqual(expect.any(Number))
      expect(harness.consumer.lastFetchMs()).toEqual(expect.any(Number))
    })
  })
}
