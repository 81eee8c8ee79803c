import type { ExpiredRange } from './expired-events.js'

/** The facts that decide at which offset the routing of a partition of `events` resumes. */
export interface StartFacts {
  /** The consumer group's committed offset; null if it has none. */
  readonly committed: bigint | null
  /** Next offset according to the router's own state; null when nothing was ever routed. */
  readonly stateNext: bigint | null
  /** First offset of the partition. `high` is the offset that the next record will get. */
  readonly low: bigint
  readonly high: bigint
}

export type StartIncident =
  /** The group's commit is gone although events were routed: the state's own position is used. */
  | 'commit_lost'
  /** The committed offset is not where the last transaction left it: somebody moved it. Routing resumes at the committed offset. */
  | 'commit_moved'
  /** Retention deleted events before they were routed. */
  | 'events_expired'

export type StartDecision =
  | {
      readonly kind: 'start'
      readonly next: bigint
      readonly incidents: readonly StartIncident[]
      /** Set with the incident `events_expired`. */
      readonly expired: ExpiredRange | null
    }
  /** Going on would assign numbers a second time or skip events, so a person has to decide. */
  | { readonly kind: 'refuse'; readonly reason: 'state_lost' | 'events_recreated' }

/** Decides at which offset routing resumes, and names what is wrong. Commit and state should agree, because one transaction writes both. */
export function decideStart({ committed, stateNext, low, high }: StartFacts): StartDecision {
  if (committed !== null && stateNext === null) return { kind: 'refuse', reason: 'state_lost' }
  const wanted = committed ?? stateNext
  if (wanted === null) return { kind: 'start', next: low, incidents: [], expired: null }
  if (wanted > high) return { kind: 'refuse', reason: 'events_recreated' }
  const incidents: StartIncident[] = []
  if (committed === null) incidents.push('commit_lost')
  else if (committed !== stateNext) incidents.push('commit_moved')
  if (wanted >= low) return { kind: 'start', next: wanted, incidents, expired: null }
  incidents.push('events_expired')
  return { kind: 'start', next: low, incidents, expired: { from: wanted, to: low } }
}
