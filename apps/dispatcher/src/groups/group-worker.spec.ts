import { describe, expect, it } from '@jest/globals'
import type { TopicPartition } from '@hooklane/core/kernel'
import type { PartitionOwner, SessionHandle } from '@hooklane/dispatch'
import type { ConsumerHost } from '@hooklane/kafka/host'
import { GroupWorker } from './group-worker.js'

/** A worker that owns partition 3 of its topic, where `reading` is the session that reads it. */
function world() {
  const calls: [string, readonly TopicPartition[]][] = []
  const host = {
    pause: (partitions: readonly TopicPartition[]) => void calls.push(['pause', partitions]),
    resume: (partitions: readonly TopicPartition[]) => void calls.push(['resume', partitions]),
  } as unknown as ConsumerHost
  const sessionOf = (epoch: bigint) =>
    ({ token: { workerGroup: 'shared-webhook', partition: 3, owner: 'o', epoch } }) as SessionHandle
  const reading = sessionOf(2n)
  const worker = new GroupWorker({
    topics: { main: 'deliveries.shared-webhook' },
    host,
    makeOwner: () => ({ session: reading }) as PartitionOwner,
    quarantine: () => Promise.resolve(),
  })
  const gained = [{ topic: 'deliveries.shared-webhook', partition: 3 }]
  worker.onAssigned({ gained, lost: [], held: gained })
  return { worker, calls, reading, predecessor: sessionOf(1n) }
}

describe('reading a partition', () => {
  it('is paused and resumed in the topic of its kind', () => {
    const { worker, calls, reading } = world()
    worker.pause(reading, 'main')
    worker.resume(reading, 'main')
    const partitions = [{ topic: 'deliveries.shared-webhook', partition: 3 }]
    expect(calls).toEqual([
      ['pause', partitions],
      ['resume', partitions],
    ])
  })

  it('is neither paused nor resumed by a session whose successor reads already', () => {
    const { worker, calls, predecessor } = world()
    worker.pause(predecessor, 'main')
    worker.resume(predecessor, 'main')
    expect(calls).toEqual([])
  })
})
