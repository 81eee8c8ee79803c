import type { DeliveryPolicy } from '@hooklane/contracts/records'
import type { AttemptResult } from '../policy/attempt-result.js'
import type { Effect, EffectOf, LaneInput, LaneRecord, LaneRow, RecordRef, StreamEnd, Verdict } from './protocol.js'
import { openSession, type SessionOptions } from './session.js'
import { step } from './step.js'

export const policy: DeliveryPolicy = {
  success: '2xx',
  timeoutMs: 10_000,
  retry: { attempts: 3, intervalMs: 60_000, jitter: 0, on: 'any' },
  onRejected: 'deadLetter',
  onUnreachable: 'block',
}
export const accepted: AttemptResult = { kind: 'accepted', status: 200 }
export const down: AttemptResult = { kind: 'unreachable', status: 503, code: 'http_503' }
export const refused: AttemptResult = { kind: 'rejected', status: 422 }

interface Stream {
  readonly appId?: string
  readonly streamEpoch?: number
}

export const recordOf = (
  sequence: number,
  offset: number,
  { appId = 'a', streamEpoch = 1 }: Stream = {},
): RecordRef => ({
  kind: 'delivery',
  appId,
  companyId: 'cmp_1',
  companyIncarnation: 1,
  sequence: BigInt(sequence),
  offset: BigInt(offset),
  deliveryId: `msg_${sequence}`,
  subscriptionId: 'sub_1',
  subscriptionVersion: 1n,
  source: { topic: 'events', partition: 0, offset: BigInt(1_000 + sequence) },
  streamEpoch,
  routeVersion: 0,
  mode: 'live',
  reason: 'event',
  routedAt: '2026-03-02T08:00:00.000Z',
  bytes: 10,
  value: Buffer.alloc(0),
})

export const endOf = (sequence: number, offset: number, streamEpoch = 1): StreamEnd => ({
  kind: 'ended',
  appId: 'a',
  companyId: 'cmp_1',
  sequence: BigInt(sequence),
  offset: BigInt(offset),
  streamEpoch,
  routedAt: '2026-03-02T08:00:00.000Z',
})

/** A session and the effects that it returned. Each `prepare` is answered at once, as in production. */
export function scene(change: Partial<SessionOptions> = {}, using: Partial<DeliveryPolicy> = {}) {
  const deliveryPolicy = { ...policy, ...using }
  /** The app was deleted in this epoch, so deliveries up to this epoch are no longer wanted. 0: the app exists. */
  let deletedEpoch = 0
  const verdictOn = ({ streamEpoch }: RecordRef): Verdict =>
    streamEpoch <= deletedEpoch
      ? { kind: 'settle', status: 'filtered', reason: 'deleted' }
      : { kind: 'send', policy: deliveryPolicy }
  const session = openSession({
    workerGroup: 'g',
    partition: 0,
    grant: { token: { workerGroup: 'g', partition: 0, owner: 'o', epoch: 1n }, mainOffset: null, done: null },
    rows: [],
    logStart: 0n,
    nowMs: 0,
    deadlineMs: 40_000,
    settings: { marginMs: 1_000, inlineWindowMs: 5_000, spreadMax: 10n, strict: true },
    ...change,
  })
  let nowMs = 0
  let effects: Effect<null>[] = []
  const handle = (input: LaneInput<null>): void => {
    for (const effect of step(session, { ...input, nowMs })) {
      effects.push(effect)
      if (effect.type === 'prepare') {
        const { appId, sequence } = effect.record
        handle({ type: 'prepared', appId, sequence, verdict: verdictOn(effect.record) })
      }
    }
  }
  return {
    session,
    handle,
    wait: (ms: number) => (nowMs += ms),
    delete: (epoch: number) => {
      deletedEpoch = epoch
      handle({ type: 'appDeleted', appId: 'a', epoch })
    },
    /** All writes and publishes in flight succeed. */
    land: () => {
      const { saveId } = session.lanes.get('a')?.write ?? {}
      if (saveId !== undefined) handle({ type: 'laneSaved', appId: 'a', saveId })
      for (const publishId of [...session.publishes.keys()]) handle({ type: 'published', publishId })
    },
    read: (...records: LaneRecord[]) => {
      handle({ type: 'recordsRead', records, endOffset: (records.at(-1)?.offset ?? 0n) + 1n })
    },
    ends: (sequence: number, result: AttemptResult, appId = 'a') => {
      const ended = { type: 'attemptEnded', appId, sequence: BigInt(sequence), startedMs: nowMs, result } as const
      handle({ ...ended, policy: deliveryPolicy, jitter: 0, detail: null })
    },
    /** Types of the effects since the last call, without `prepare`. */
    types: () => {
      const types = effects.filter((e) => e.type !== 'prepare').map((e) => e.type)
      effects = []
      return types
    },
    last: <T extends Effect['type']>(type: T): EffectOf<T, null> => {
      const effect = effects.findLast((e) => e.type === type)
      if (!effect) throw new Error(`no ${type} among ${effects.map((e) => e.type).join(', ')}`)
      return effect as EffectOf<T, null>
    },
  }
}

export const rowOf = (change: Partial<LaneRow>): LaneRow => ({
  workerGroup: 'g',
  partition: 0,
  appId: 'a',
  companyId: 'cmp_1',
  mode: 'parked',
  reason: 'failing',
  settled: 4n,
  settledSource: null,
  floorOffset: 50n,
  attempt: 2,
  firstAttemptAgoMs: 70_000,
  nextAttemptInMs: 8_000,
  lastError: 'http_503',
  gaps: [],
  routeVersion: 0,
  ...change,
})

export const floorOf = (change: Partial<LaneRow>): LaneRow => {
  const nothingSpent = { attempt: 0, firstAttemptAgoMs: null, nextAttemptInMs: null, lastError: null }
  return rowOf({ mode: 'flow', reason: null, ...nothingSpent, ...change })
}
