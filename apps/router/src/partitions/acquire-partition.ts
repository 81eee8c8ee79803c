import { randomUUID } from 'node:crypto'
import { SEEN_CHUNKS } from '@hooklane/contracts/records'
import type { TopicPartition } from '@hooklane/core/kernel'
import { PartitionState, type ExpiredRange } from '@hooklane/core/routing'
import type { ReadControl } from '@hooklane/kafka/host'
import type { Logger } from '@hooklane/observability'
import type { PartitionWriter } from './partition-writer.js'
import type { SessionContext } from './session-context.js'
import type { SessionLifetime } from './session-lifetime.js'
import { startOffset } from './start-offset.js'
import { StateRestore } from './state-restore.js'

/** Silence while restoring, which takes 0.3 s as a rule: something swallowed the read, and starting over is cheaper than finding out. */
const RESTORE_SILENCE_MS = 20_000

export interface AcquisitionOptions {
  readonly partition: number
  readonly control: ReadControl
  readonly context: SessionContext
  readonly writer: PartitionWriter
  readonly lifetime: SessionLifetime
  readonly logger: Logger
  /** What is read of the state partition goes to this one from now on; null: to nobody. */
  readonly onRestore: (restore: StateRestore | null) => void
}

/** What the last owner of a partition left. */
export interface AcquiredPartition {
  readonly state: PartitionState
  /** Offset of the first event that is not routed. */
  readonly next: bigint
  /** Events before it that expired unread; null: none did. */
  readonly expired: ExpiredRange | null
}

/**
 * Shuts every earlier owner out, then reads what they left. Order matters, in every step: what is read before the writer is opened, or
 * before its end record, may still be changed by one of them.
 * @throws SessionEnded
 */
export async function acquirePartition(options: AcquisitionOptions): Promise<AcquiredPartition> {
  const { context, partition, writer, lifetime, logger } = options
  await writer.open()
  // Noted after the predecessor was shut out: we must not route with an older configuration than it did.
  const configured = context.configuration.caughtUp()
  configured.catch(() => undefined) // Awaited below, unless the restore fails first.
  const nonce = randomUUID()
  await lifetime.unlessEnded(writer.markStateEnd(nonce))
  const restore = await restoreState(nonce, options)
  const state = PartitionState.restored(restore.records(), SEEN_CHUNKS)
  const [committed, offsets] = await lifetime.unlessEnded(
    Promise.all([context.log.committedOffset(partition), context.log.eventOffsets(partition), configured]),
  )
  const { low, high } = offsets
  const start = startOffset({ committed, stateNext: state.committedNext, low, high }, { ...context, logger })
  return { state, ...start }
}

/** Reads the state partition from its start to our own end record. */
async function restoreState(
  nonce: string,
  { partition, control, context, lifetime, onRestore }: AcquisitionOptions,
): Promise<StateRestore> {
  const { clock } = context
  const at: TopicPartition = { topic: context.topics.routerState, partition }
  const restore = new StateRestore(nonce)
  let progress = restore.position
  let deadlineMs = clock.monotonicMs() + RESTORE_SILENCE_MS
  onRestore(restore)
  control.readFrom(at, 0n)
  while (!restore.isComplete) {
    if (restore.position !== progress) {
      progress = restore.position
      deadlineMs = clock.monotonicMs() + RESTORE_SILENCE_MS
    }
    const leftMs = deadlineMs - clock.monotonicMs()
    if (leftMs <= 0) throw new Error(`nothing of the partition's state was read for ${RESTORE_SILENCE_MS} ms`)
    await lifetime.unlessEnded(lifetime.wait(leftMs))
  }
  control.pause([at])
  onRestore(null)
  return restore
}
