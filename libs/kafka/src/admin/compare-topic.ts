import type { TopicSpec } from '@hooklane/contracts/records'
import type { TopicDescription, TopicRelation } from './topic-description.js'

/** Returns one message per mismatch of a topic: the actual value, the required value, and what to do. */
export function compareTopic(
  spec: TopicSpec,
  found: TopicDescription | undefined,
  partitions: 'exact' | 'asFound',
): string[] {
  if (!found) return [`topic ${spec.name} does not exist: create it with ${describeSpec(spec)}`]
  const faults: string[] = []
  if (partitions === 'exact' && found.partitions !== spec.partitions) {
    faults.push(
      `topic ${spec.name} has ${found.partitions} partitions, but must have ${spec.partitions}: delete it (with its records) and` +
        ` create it again with ${describeSpec(spec)}; changing the partition count of a topic in use breaks the order of records with the same key`,
    )
  }
  if (found.cleanup !== spec.cleanup) {
    faults.push(
      `topic ${spec.name} has cleanup.policy=${found.cleanup}, but needs ${spec.cleanup}: run ${alter(spec.name, 'cleanup.policy', spec.cleanup)}`,
    )
  }
  if (spec.retentionMs !== null && found.retentionMs !== -1 && found.retentionMs < spec.retentionMs) {
    faults.push(
      `topic ${spec.name} keeps records for ${found.retentionMs} ms, but must keep them for ${spec.retentionMs} ms or more:` +
        ` run ${alter(spec.name, 'retention.ms', String(spec.retentionMs))}`,
    )
  }
  return faults
}

/** Returns one message per violated relation between topics. Ignores missing topics. */
export function violatedRelations(
  relations: readonly TopicRelation[],
  found: ReadonlyMap<string, TopicDescription>,
): string[] {
  return relations.flatMap(({ topic, reference, how }) => {
    const [mine, theirs] = [found.get(topic)?.partitions, found.get(reference)?.partitions]
    if (mine === undefined || theirs === undefined) return []
    if (how === 'equal' ? mine === theirs : mine % theirs === 0) return []
    const rule =
      how === 'equal'
        ? `as many as ${reference}, which has ${theirs}`
        : `a multiple of the partition count of ${reference} (${theirs})`
    return [`topic ${topic} has ${mine} partitions, but must have ${rule}: create it again with the right number`]
  })
}

function describeSpec({ partitions, cleanup, retentionMs }: TopicSpec): string {
  const retention = retentionMs === null ? '' : ` and retention.ms=${retentionMs}`
  return `${partitions} partitions, cleanup.policy=${cleanup}${retention}`
}

const alter = (topic: string, name: string, value: string): string =>
  `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`
