/**
 * The parameters of a schedule, which is one simulated run. The default values let the oracle catch most mutations (see below). For the
 * other mutations, `simulation.spec.ts` sets other values.
 */
export interface Knobs {
  readonly partitions: number
  readonly processes: number
  readonly apps: number
  /** Events are published and faults happen until this instant. Then the faults end, so that all deliveries can be settled. */
  readonly stormMs: number
  /** The instant at which all deliveries must be settled. */
  readonly endMs: number
  readonly eventEveryMs: number
  /** The share of events that are replaced by deleting the app and creating it again. */
  readonly deletions: number
  readonly faults: number
  /** The shares of crashes, freezes and outages of the database among the faults. All other faults are rebalances. */
  readonly crashes: number
  readonly freezes: number
  readonly storeOutages: number
  /** The shares of slow connections and responses, of slow SQL statements, and of SQL statements whose result never arrives. */
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
 * - `positionRace`: several saves of the position are in flight at once, and the save that lands last wins
 * - `doneAtRead`: an offset counts as done when it was read
 * - `noFloor`: the lane row is deleted as soon as the lane flows again, before the position has reached the row's `floorOffset`
 * - `floorAtPosition`: `floorOffset` is set to the position, and not to the end of the records that `settled` covers
 * - `ackBeforeLanding`: a record counts as acknowledged when it is sent
 * - `gapsForgotten`: the lane row loses the outcomes of the skipped sequences before the head of the lane
 * - `restoredForgotten`: a new owner saves its position, but forgets the offsets after it that its predecessor had recorded as done
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
