/** The topics of each kind of record, and their required settings. */

export type TopicProfile = 'dev' | 'prod'

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly cleanup: 'delete' | 'compact'
  /** Minimum retention; null for compacted topics. */
  readonly retentionMs: number | null
}

const DAY_MS = 86_400_000

export interface TopicNames {
  readonly prefix: string
  readonly events: string
  readonly subscriptions: string
  readonly routerState: string
  readonly attempts: string
  readonly deadLetters: string
  readonly operations: string
  readonly quarantine: string
  deliveries(group: string): string
  retry(group: string): string
  /** Consumer group of a service or worker group. */
  group(name: string): string
}

export function topicNames(prefix: string): TopicNames {
  return {
    prefix,
    events: `${prefix}events`,
    subscriptions: `${prefix}subscriptions`,
    routerState: `${prefix}router.state`,
    attempts: `${prefix}attempts`,
    deadLetters: `${prefix}dead-letters`,
    operations: `${prefix}operations`,
    quarantine: `${prefix}quarantine`,
    deliveries: (group) => `${prefix}deliveries.${group}`,
    retry: (group) => `${prefix}deliveries.${group}.retry`,
    group: (name) => `${prefix}${name}`,
  }
}

/** Partition counts with which topics are created. The counts of existing topics are read from the cluster. */
export const PARTITIONS = {
  dev: { events: 6, attempts: 6, deadLetters: 6, operations: 3, quarantine: 1, shared: 3, slots: 2 },
  prod: { events: 24, attempts: 24, deadLetters: 6, operations: 6, quarantine: 3, shared: 24, slots: 8 },
} as const

/** The topics of every installation. */
export function coreTopics(names: TopicNames, profile: TopicProfile): TopicSpec[] {
  const p = PARTITIONS[profile]
  return [
    { name: names.events, partitions: p.events, cleanup: 'delete', retentionMs: 7 * DAY_MS },
    { name: names.subscriptions, partitions: 1, cleanup: 'compact', retentionMs: null },
    { name: names.routerState, partitions: p.events, cleanup: 'compact', retentionMs: null },
    { name: names.attempts, partitions: p.attempts, cleanup: 'delete', retentionMs: 3 * DAY_MS },
    { name: names.deadLetters, partitions: p.deadLetters, cleanup: 'delete', retentionMs: 30 * DAY_MS },
    { name: names.operations, partitions: p.operations, cleanup: 'delete', retentionMs: 7 * DAY_MS },
    { name: names.quarantine, partitions: p.quarantine, cleanup: 'delete', retentionMs: 30 * DAY_MS },
  ]
}

/** The topics of one worker group. A group with retry slots also has a retry topic with `partitions × slots` partitions. */
export function workerGroupTopics(
  names: TopicNames,
  group: { name: string; partitions: number; slots: number },
): TopicSpec[] {
  const main: TopicSpec = {
    name: names.deliveries(group.name),
    partitions: group.partitions,
    cleanup: 'delete',
    retentionMs: 7 * DAY_MS,
  }
  if (group.slots === 0) return [main]
  return [
    main,
    {
      name: names.retry(group.name),
      partitions: group.partitions * group.slots,
      cleanup: 'delete',
      retentionMs: 14 * DAY_MS,
    },
  ]
}
