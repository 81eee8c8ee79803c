import type { GapStatus } from '@hooklane/contracts/public'
import type { DeliveryMode, DeliveryPolicy, DeliveryReason, SourceOffset } from '@hooklane/contracts/records'
import type { AttemptResult, Disposition } from '../policy/attempt-result.js'
import type { PartitionKind } from './partition-kind.js'

/**
 * The language between the pure lane machine (`step`) and the process around it: what happened (inputs) and what to do (effects).
 * One `Session` per owned main partition. All instants are monotonic milliseconds.
 */

/** A delivery's record, as far as lanes need to know it. The payload is carried by reference and never looked at. */
export interface RecordRef {
  readonly kind: 'delivery'
  readonly appId: string
  readonly companyId: string
  /** 1, or higher when the company was deleted and created again under its id. */
  readonly companyIncarnation: number
  readonly sequence: bigint
  /** Offset in the main partition. */
  readonly offset: bigint
  readonly deliveryId: string
  readonly subscriptionId: string
  readonly subscriptionVersion: bigint
  readonly source: SourceOffset
  readonly streamEpoch: number
  readonly routeVersion: number
  readonly mode: DeliveryMode
  readonly reason: DeliveryReason
  readonly routedAt: string
  readonly bytes: number
  /** The record's value as read. */
  readonly value: Buffer
}

/** The app was deleted: no delivery of this epoch comes after this record. When it is the lane's head, everything before it is settled. */
export interface StreamEnd {
  readonly kind: 'ended'
  readonly appId: string
  readonly companyId: string
  /** The last number that was assigned; 0: none was. */
  readonly sequence: bigint
  readonly streamEpoch: number
  /** Offset in the main partition. */
  readonly offset: bigint
  readonly routedAt: string
}

/** What a lane's queue holds. */
export type LaneRecord = RecordRef | StreamEnd

/** A number of the stream that did not arrive as a delivery, and what became of it. */
export interface Gap {
  readonly sequence: bigint
  /** Last number of a folded range. */
  readonly to?: bigint
  readonly id: string | null
  readonly status: GapStatus
  readonly reason: string
}

/**
 * The stored row of a lane. Mode `flow`: the row is a floor, which says up to which sequence everything is settled (D11.1). Mode
 * `parked`: the lane's head waits for its next attempt.
 */
export interface LaneRow {
  readonly workerGroup: string
  readonly partition: number
  readonly appId: string
  readonly companyId: string
  readonly mode: 'flow' | 'parked'
  readonly reason: string | null
  /** Every sequence up to this one is settled. */
  readonly settled: bigint
  /** Source offset of the event that was settled last. */
  readonly settledSource: bigint | null
  /** Main position that must be saved before the row may be deleted. */
  readonly floorOffset: bigint
  /** Attempts already spent on the head. */
  readonly attempt: number
  /**
   * Milliseconds since the head's first attempt started; null before it. A duration, because instants of this process mean nothing to other
   * processes.
   */
  readonly firstAttemptAgoMs: number | null
  /** Milliseconds from now until the next attempt; null when none is planned. */
  readonly nextAttemptInMs: number | null
  readonly lastError: string | null
  readonly gaps: readonly Gap[]
  readonly routeVersion: number
}

/** What the head's subscription says about sending it now. */
export type Verdict =
  | { readonly kind: 'send'; readonly policy: DeliveryPolicy }
  /** Settled without a request. */
  | { readonly kind: 'settle'; readonly status: 'filtered' | 'dropped'; readonly reason: string }
  /** This process's configuration is older than the record. The head is prepared again when more of the configuration has been read. */
  | { readonly kind: 'notYet' }

/**
 * Something that happened, without its instant, which the caller of `step` adds. `Detail`: what the executor knows about an attempt beyond
 * its result. The machine never reads the detail; it passes the detail on in the effects that publish the attempt. The type of an input
 * without a detail is `LaneInput`.
 */
export type LaneInput<Detail = never> =
  | { readonly type: 'recordsRead'; readonly records: readonly LaneRecord[]; readonly endOffset: bigint }
  | { readonly type: 'prepared'; readonly appId: string; readonly sequence: bigint; readonly verdict: Verdict }
  | AttemptEnded<Detail>
  /** The executor found that the attempt must not start (deadline too near, no permit). Nothing was sent and nothing is counted. */
  | { readonly type: 'attemptNotStarted'; readonly appId: string; readonly sequence: bigint }
  | { readonly type: 'laneSaved' | 'laneDeleted'; readonly appId: string; readonly saveId: number }
  /** The attempt record, settlement or dead letter is acknowledged by the log. */
  | { readonly type: 'published'; readonly publishId: number }
  | { readonly type: 'positionSaved'; readonly saveNo: bigint; readonly mainOffset: bigint }
  /** The lease was extended. `deadlineMs` is the instant before the renewal request was sent, plus the duration of the lease. */
  | { readonly type: 'leaseRenewed'; readonly deadlineMs: number }
  /** A write found that the lease token is no longer valid. */
  | { readonly type: 'fenced' }
  /** It is not known whether a lane write took effect. */
  | { readonly type: 'ambiguous' }
  | { readonly type: 'storeUp'; readonly value: boolean }
  /** Configuration was read further: heads that were `notYet` are prepared again. */
  | { readonly type: 'configurationRead' }
  /** The app was deleted in this epoch of its stream: its head no longer waits for its next attempt. */
  | { readonly type: 'appDeleted'; readonly appId: string; readonly epoch: number }
  /** Payload memory of the process: `pause` stops reading, `ok` goes on. */
  | { readonly type: 'budget'; readonly level: 'ok' | 'pause' }
  /** The lease renewer asks for a snapshot of the position. */
  | { readonly type: 'saveDue' }
  | { readonly type: 'tick' }
  | { readonly type: 'stop'; readonly reason: 'revoked' | 'shutdown' }

export interface AttemptEnded<Detail> {
  readonly type: 'attemptEnded'
  readonly appId: string
  readonly sequence: bigint
  readonly startedMs: number
  readonly result: AttemptResult
  readonly policy: DeliveryPolicy
  /** Random in [-1, 1]. */
  readonly jitter: number
  readonly detail: Detail
}

/** Something that happened, and when. */
export type Input<Detail = never> = LaneInput<Detail> & { readonly nowMs: number }

export type AlarmKind = 'hole' | 'spread' | 'undecodable' | 'illegalInput' | 'illegalTransition'

export type Effect<Detail = unknown> =
  /** Look up the head's subscription and reply with `prepared`. */
  | { readonly type: 'prepare'; readonly record: RecordRef }
  /**
   * Send the head now. The executor re-checks `nowMs + policy timeout + margin <= deadlineMs` in the tick of the socket write,
   * and replies with `attemptEnded` or `attemptNotStarted`.
   */
  | {
      readonly type: 'attempt'
      readonly record: RecordRef
      /** 1 for the first. */
      readonly attempt: number
      readonly previous: bigint
      readonly skipped: readonly Gap[]
      readonly backlog: number
    }
  /** `endedEpoch`: the same write records the end of the app's stream in this epoch; null: it has not ended. */
  | { readonly type: 'saveLane'; readonly saveId: number; readonly row: LaneRow; readonly endedEpoch: number | null }
  | { readonly type: 'deleteLane'; readonly saveId: number; readonly appId: string; readonly companyId: string }
  | OutcomeEffect<Detail>
  | { readonly type: 'savePosition'; readonly mainOffset: bigint; readonly done: Buffer; readonly saveNo: bigint }
  | { readonly type: 'pauseReading' | 'resumeReading'; readonly kind: PartitionKind }
  /** Send a `tick` at this instant (or earlier: early ticks are harmless). */
  | { readonly type: 'wakeAt'; readonly atMs: number }
  | { readonly type: 'alarm'; readonly kind: AlarmKind; readonly appId?: string; readonly detail: string }
  /** The session is over: drop it, and release the lease when `release` is set. */
  | { readonly type: 'abandon'; readonly release: boolean }

/** Publish what became of a delivery, and reply with `published` when the log has acknowledged the record. */
export type OutcomeEffect<Detail = unknown> =
  /** A request ended. `disposition` says what happens to the delivery next. */
  | {
      readonly type: 'publishAttempt'
      readonly publishId: number
      readonly record: RecordRef
      readonly attempt: number
      readonly disposition: Disposition
      readonly detail: Detail
    }
  /** The delivery was settled without a request. */
  | {
      readonly type: 'publishSettledUnsent'
      readonly publishId: number
      readonly record: RecordRef
      readonly status: 'filtered' | 'dropped' | 'skipped'
      readonly reason: string
    }
  /** The delivery is given up. The dead letter is published in addition to the last attempt, and before the delivery is settled. */
  | {
      readonly type: 'publishDeadLetter'
      readonly publishId: number
      readonly record: RecordRef
      readonly attempts: number
      readonly reason: string
      /** Detail of the last attempt. */
      readonly detail: Detail
    }

/** The inputs of the given type or types. */
export type InputOf<T extends Input['type']> = Extract<Input, { readonly type: T }>

/** The effects of the given type or types. */
export type EffectOf<T extends Effect['type'], Detail = unknown> = Extract<Effect<Detail>, { readonly type: T }>

/** Settings of the machine; defaults and reasons in `lane/settings.ts`. */
export interface LaneSettings {
  /** An attempt must be over this long before the lease ends. */
  readonly marginMs: number
  /** A retry at most this far away waits in memory, without a row. */
  readonly inlineWindowMs: number
  /**
   * Maximum distance from the lowest offset that is not done to the next offset to read. At this distance, reading of the partition pauses.
   */
  readonly spreadMax: bigint
  /** True (tests): `step` throws for an input that the state does not allow. Otherwise such an input raises an alarm and is ignored. */
  readonly strict?: boolean
}
