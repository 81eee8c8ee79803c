/** What a schedule is made of. The defaults catch every mutation that they can; the others name what they need. */
export interface Knobs {
  readonly partitions: number
  readonly processes: number
  readonly apps: number
  /** Events come and faults strike until here; then everything is well and must come to an end. */
  readonly stormMs: number
  /** When everything must be settled. */
  readonly endMs: number
  readonly eventEveryMs: number
  /** Share of events instead of which the app is deleted and made again. */
  readonly deletions: number
  readonly faults: number
  /** Shares of the kinds of fault; what is left over is rebalances. */
  readonly crashes: number
  readonly freezes: number
  readonly storeOutages: number
  readonly slowReceivers: number
  readonly slowSql: number
  readonly lostSql: number
  readonly leaseMs: number
}

export const defaultKnobs: Knobs = {
  partitions: 2,
  processes: 3,
  apps: 6,
  stormMs: 90_000,
  endMs: 500_000,
  eventEveryMs: 700,
  deletions: 0.02,
  faults: 10,
  crashes: 0.3,
  freezes: 0.3,
  storeOutages: 0.2,
  slowReceivers: 0.15,
  slowSql: 0.03,
  lostSql: 0.01,
  leaseMs: 30_000,
}

/**
 * What can be broken on purpose; each must be caught.
 *
 * - `noLease`: granted without waiting for the old lease
 * - `noGuard`: an attempt is started that can outlive the lease
 * - `noLastCheck`: the lease is not asked again as the last thing before the request
 * - `releaseEarly`: the lease is released with requests in flight
 * - `noFence`: lane rows are written without the lease token
 * - `positionUnfenced`: the position is saved without the lease token
 * - `positionRace`: several position saves in flight, and the last to land wins
 * - `doneAtRead`: an offset is done when it was read
 * - `noFloor`: the row is deleted when the lane flows again
 * - `floorAtPosition`: the floor is the position instead of what `settled` covers
 * - `ackBeforeLanding`: what is published counts as acknowledged when it leaves
 * - `gapsForgotten`: the row loses what became of the numbers before the head
 * - `restoredForgotten`: a new owner saves its position without what its predecessor had done above it
 * - `endAtRead`: the end of a stream counts as settled when it was read
 * - `endForgotten`: the end of a stream is settled, and nobody says so
 */
export type Mutation =
  | 'noLease'
  | 'noGuard'
  | 'noLastCheck'
  | 'releaseEarly'
  | 'noFence'
  | 'positionUnfenced'
  | 'positionRace'
  | 'doneAtRead'
  | 'noFloor'
  | 'floorAtPosition'
  | 'ackBeforeLanding'
  | 'gapsForgotten'
  | 'restoredForgotten'
  | 'endAtRead'
  | 'endForgotten'
