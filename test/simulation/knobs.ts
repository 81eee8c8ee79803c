/** The parameters of a schedule. With the defaults, most mutations are caught; `simulation.spec.ts` names other values for the rest. */
export interface Knobs {
  readonly partitions: number
  readonly processes: number
  readonly apps: number
  /** Events are published and faults happen until this instant. After it there are no faults, and everything must be settled. */
  readonly stormMs: number
  /** The instant at which everything must be settled. */
  readonly endMs: number
  readonly eventEveryMs: number
  /** The share of events that are replaced by deleting the app and creating it again. */
  readonly deletions: number
  readonly faults: number
  /** The shares of the kinds of faults. The rest are rebalances. */
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
 * Defects that a test builds in on purpose. The oracle must catch each of them.
 *
 * - `noLease`: a partition is granted without waiting for the old lease to end
 * - `noGuard`: an attempt is started that can outlive the lease
 * - `noLastCheck`: the lease is not checked again immediately before the request is written
 * - `releaseEarly`: the lease is released with requests in flight
 * - `noFence`: lane rows are written without the lease token
 * - `positionUnfenced`: the position is saved without the lease token
 * - `positionRace`: several position saves are in flight, and the last one to land wins
 * - `doneAtRead`: an offset counts as done when it was read
 * - `noFloor`: the lane row is deleted when the lane flows again
 * - `floorAtPosition`: the floor is the position, instead of the offset that `settled` covers
 * - `ackBeforeLanding`: a record counts as acknowledged when it is sent
 * - `gapsForgotten`: the lane row loses the outcomes of the numbers before the head
 * - `restoredForgotten`: a new owner saves its position without the offsets above it that its predecessor had done
 * - `endAtRead`: the end of a stream counts as settled when it was read
 * - `endForgotten`: the end of a stream is settled, but is not recorded
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
