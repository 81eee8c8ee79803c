import {
  decodeBitmap,
  type EffectOf,
  type LaneRecord,
  type LaneRow,
  type RecordRef,
  type StreamEnd,
} from '@hooklane/core/lane'

export class Violation extends Error {
  constructor(
    readonly invariant: string,
    detail: string,
  ) {
    super(`${invariant}: ${detail}`)
    this.name = 'Violation'
  }
}

/** The stored state of a partition that a new owner would find. */
export interface Durable {
  readonly mainOffset: bigint | null
  readonly done: Buffer | null
  readonly rows: readonly LaneRow[]
}

export type Ending = 'delivered' | 'deadLettered' | 'dropped' | 'filtered'

/** A published record. The other fields are kept with it because the oracle reads them after each of thousands of durable changes. */
interface Published {
  readonly record: LaneRecord
  readonly offset: number
  /** A delivery's sequence − 1. For the end of a stream, the sequence of the stream's last delivery. */
  readonly before: bigint
  /** Whether the record was done after the last durable change. */
  isKept: boolean
}

interface AppTruth {
  readonly records: RecordRef[]
  /** When the last request at the receiver ends. */
  busyUntilMs: number
  lastAccepted: bigint
  readonly accepted: Set<bigint>
  /** Sequence number → its outcomes in the delivery log. */
  readonly logged: Map<bigint, Set<Ending>>
  /** Sequence number → `order.previous` of its last request. */
  readonly previous: Map<bigint, bigint>
  /** Published sequence number → its epoch. */
  readonly epochs: Map<bigint, number>
  /** The published ends of streams. `endedEpoch` is the highest epoch whose end was reported as settled. */
  readonly ends: StreamEnd[]
  endedEpoch: number
}

/**
 * Checks the invariants from outside, as the receivers, the log and the database see the dispatcher. Shares no state with the lane machine.
 *
 * - I1: requests are in order, and declare the sequences that were skipped.
 * - I2: an app gets one request at a time.
 * - I3: nothing is lost.
 * - I4: after every durable change, a new owner would find every unsettled record.
 * - I5: a record that is done stays done.
 * - I8: no write of an older epoch takes effect.
 * - log: every record that is done has its outcome in the delivery log.
 * - END: when the end of a stream is reported, all its deliveries are settled, and no request of the stream is in flight or starts later.
 */
export class Oracle {
  readonly figures = {
    published: 0,
    requests: 0,
    accepted: 0,
    copies: 0,
    aside: 0,
    grants: 0,
    saves: 0,
    rows: 0,
    parks: 0,
    ends: 0,
  }
  private readonly apps = new Map<string, AppTruth>()
  private readonly logs: Published[][] = []
  private readonly lows: bigint[] = []
  private readonly epochs: bigint[] = []

  published(partition: number, record: LaneRecord): void {
    this.figures.published += 1
    const before = record.kind === 'ended' ? record.sequence : record.sequence - 1n
    ;(this.logs[partition] ??= []).push({ record, offset: Number(record.offset), before, isKept: false })
    const truth = this.truth(record.appId)
    if (record.kind === 'ended') {
      truth.ends.push(record)
      return
    }
    truth.records.push(record)
    truth.epochs.set(record.sequence, record.streamEpoch)
  }

  /** The end of an epoch of the app's stream was reported as settled. */
  streamEnded(appId: string, epoch: number, nowMs: number): void {
    const truth = this.truth(appId)
    this.figures.ends += 1
    if (truth.busyUntilMs > nowMs) throw new Violation('END', `${appId} ends epoch ${epoch} with a request in flight`)
    const open = truth.records.find((record) => record.streamEpoch <= epoch && !truth.logged.has(record.sequence))
    if (open) throw new Violation('END', `${appId} ends epoch ${epoch} before ${open.sequence} is settled`)
    truth.endedEpoch = Math.max(truth.endedEpoch, epoch)
  }

  requestStarted(effect: EffectOf<'attempt'>, nowMs: number, endMs: number): void {
    const { record, previous, skipped } = effect
    const truth = this.truth(record.appId)
    this.figures.requests += 1
    if (truth.busyUntilMs > nowMs) {
      throw new Violation(
        'I2',
        `${record.appId} ${record.sequence} overlaps a request until ${truth.busyUntilMs}, now ${nowMs}`,
      )
    }
    if (record.streamEpoch <= truth.endedEpoch)
      throw new Violation(
        'END',
        `${record.appId} ${record.sequence} is sent in epoch ${record.streamEpoch}, which has ended`,
      )
    truth.busyUntilMs = endMs
    let expected = previous + 1n
    for (const gap of skipped) {
      if (gap.sequence !== expected)
        throw new Violation('I1', `${record.appId} ${record.sequence} skips over ${expected}`)
      for (; expected <= (gap.to ?? gap.sequence); expected++) {
        if (truth.epochs.get(expected) !== record.streamEpoch)
          throw new Violation(
            'I1',
            `${record.appId} ${record.sequence} declares ${expected}, which belongs to another stream`,
          )
        if (!truth.logged.get(expected)?.has(gap.status as Ending)) {
          throw new Violation('I1', `${record.appId} declares ${expected} ${gap.status}, but the log does not`)
        }
      }
    }
    if (expected !== record.sequence)
      throw new Violation('I1', `${record.appId} ${record.sequence} does not declare the outcome of ${expected}`)
    const before = truth.previous.get(record.sequence)
    // After a crash, the delivery `before` may be sent again although its receiver accepted it, and be rejected this time. This request
    // then declares `before` as skipped, and has a lower `previous` than at first. A higher `previous` than at first must never happen.
    const isRefusedCopy = before !== undefined && previous < before && truth.accepted.has(before)
    if (before !== undefined && before !== previous && !isRefusedCopy) {
      throw new Violation('I1', `${record.appId} ${record.sequence} was sent with previous ${before}, now ${previous}`)
    }
    truth.previous.set(record.sequence, previous)
  }

  accepted({ record, previous }: EffectOf<'attempt'>): void {
    const truth = this.truth(record.appId)
    if (truth.accepted.has(record.sequence)) {
      this.figures.copies += 1
      return
    }
    if (record.sequence <= truth.lastAccepted) {
      throw new Violation('I1', `${record.appId} ${record.sequence} is new after ${truth.lastAccepted}`)
    }
    if (previous > truth.lastAccepted && !this.settledUpTo(truth, previous)) {
      throw new Violation(
        'I1',
        `${record.appId} ${record.sequence} follows ${previous}, but the last accepted was ${truth.lastAccepted}`,
      )
    }
    this.figures.accepted += 1
    truth.accepted.add(record.sequence)
    truth.lastAccepted = record.sequence
  }

  /** Called when the record of a delivery's outcome was appended to `attempts` or `dead-letters`. */
  logLanded(record: RecordRef, ending: Ending): void {
    const { logged } = this.truth(record.appId)
    const endings = logged.get(record.sequence)
    if (endings) endings.add(ending)
    else logged.set(record.sequence, new Set([ending]))
    if (ending !== 'delivered' && !endings) this.figures.aside += 1
  }

  granted(partition: number, epoch: bigint): void {
    this.figures.grants += 1
    this.epochs[partition] = epoch
  }

  /** Called after a write of this epoch took effect. */
  durableChanged(partition: number, epoch: bigint, durable: Durable): void {
    if (epoch < (this.epochs[partition] ?? 0n))
      throw new Violation('I8', `a write of epoch ${epoch} after ${this.epochs[partition]}`)
    const low = durable.mainOffset ?? 0n
    const before = this.lows[partition] ?? 0n
    if (low < before) throw new Violation('I5', `the position of ${partition} fell from ${before} to ${low}`)
    const done = new Set(decodeBitmap(durable.done ?? Buffer.alloc(0)))
    const settled = new Map(durable.rows.map((row) => [row.appId, row.settled]))
    const log = this.logs[partition] ?? []
    const from = Number(low)
    for (let at = firstFrom(log, Number(before)); at < log.length; at++) {
      const published = log[at]!
      const { record, offset } = published
      const isKept = offset < from || done.has(offset - from) || published.before < (settled.get(record.appId) ?? 0n)
      // A record is checked once, because outcomes are never removed.
      if (isKept && !published.isKept) this.checkKept(record)
      if (!isKept && published.isKept)
        throw new Violation('I5', `${record.appId} ${record.sequence} was done and is not any more`)
      published.isKept = isKept
    }
    this.lows[partition] = low
  }

  /** Whether everything published has its outcome in the log. */
  isSettled(): boolean {
    for (const { logged, records, ends, endedEpoch } of this.apps.values()) {
      if (logged.size < records.length || ends.some(({ streamEpoch }) => streamEpoch > endedEpoch)) return false
    }
    return true
  }

  checkEnd(): void {
    for (const [appId, truth] of this.apps) {
      const lost = truth.records.find((record) => !truth.logged.has(record.sequence))
      if (lost) throw new Violation('I3', `${appId} ${lost.sequence} at ${lost.offset} was never settled`)
      const open = truth.ends.find(({ streamEpoch }) => streamEpoch > truth.endedEpoch)
      if (open) throw new Violation('END', `${appId}: the end of epoch ${open.streamEpoch} was never reported`)
      for (const [sequence, endings] of truth.logged) {
        if (endings.has('delivered') && !truth.accepted.has(sequence))
          throw new Violation('I3', `${appId} ${sequence} was not delivered`)
      }
    }
  }

  /** Checks a record that a new owner would not process again: it must be settled, with its outcome in the log. */
  private checkKept(record: LaneRecord): void {
    const truth = this.truth(record.appId)
    if (record.kind === 'ended') {
      if (record.streamEpoch <= truth.endedEpoch) return
      throw new Violation(
        'END',
        `${record.appId} at ${record.offset}: the end of ${record.streamEpoch} is out of reach`,
      )
    }
    if (truth.logged.has(record.sequence)) return
    if (truth.accepted.has(record.sequence))
      throw new Violation('log', `${record.appId} ${record.sequence} is done without a record`)
    throw new Violation('I4', `${record.appId} ${record.sequence} at ${record.offset} is out of reach`)
  }

  private settledUpTo(truth: AppTruth, sequence: bigint): boolean {
    for (let s = truth.lastAccepted + 1n; s <= sequence; s++)
      if (truth.epochs.has(s) && !truth.logged.has(s)) return false
    return true
  }

  private truth(appId: string): AppTruth {
    const known = this.apps.get(appId)
    if (known) return known
    const truth: AppTruth = {
      records: [],
      busyUntilMs: 0,
      lastAccepted: 0n,
      accepted: new Set(),
      logged: new Map(),
      previous: new Map(),
      epochs: new Map(),
      ends: [],
      endedEpoch: 0,
    }
    this.apps.set(appId, truth)
    return truth
  }
}

function firstFrom(log: readonly Published[], offset: number): number {
  let low = 0
  let high = log.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (log[middle]!.offset < offset) low = middle + 1
    else high = middle
  }
  return low
}
