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

/**
 * How long a restore waits for its next record before it fails and is started over. A whole restore normally takes 0.3 s, so a longer wait
 * means that the read was lost.
 */
const RESTORE_SILENCE_MS = 20_000

export interface AcquisitionOptions {
  readonly partition: number
  readonly control: ReadControl
  readonly context: SessionContext
  readonly writer: PartitionWriter
  readonly lifetime: SessionLifetime
  readonly logger: Logger
  /** Called with the restore that takes the records of the state partition from now on; null: they are dropped. */
  readonly onRestore: (restore: StateRestore | null) => void
}

/** The state and the position that the last owner of a partition left. */
export interface AcquiredPartition {
  readonly state: PartitionState
  /** Offset of the first event that is not routed yet. */
  readonly next: bigint
  /** The events before `next` that expired unread; null when none did. */
  readonly expired: ExpiredRange | null
}

/**
 * Fences every earlier owner, then reads the state and the position that they left.
 *
 * Order matters in every step: until our writer is open and has written its end record, an earlier owner may still change what we read.
 *
 * @throws SessionEnded
 */
export async function acquirePartition(options: AcquisitionOptions): Promise<AcquiredPartition> {
  const { context, partition, writer, lifetime, logger } = options
  await writer.open()
  // Order matters: read after the predecessor was fenced, because we must not route with an older configuration than the predecessor.
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
    if (leftMs <= 0) throw new Error(`no state record of the partition was read for ${RESTORE_SILENCE_MS} ms`)
    await lifetime.unlessEnded(lifetime.wait(leftMs))
  }
  control.pause([at])
  onRestore(null)
  return restore
}
