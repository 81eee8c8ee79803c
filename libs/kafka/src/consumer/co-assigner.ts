import type { Assignment, GroupMember, GroupMemberAssignment, PartitionAssigner } from 'kafkajs'
import { kafkajs } from '../client/kafkajs.js'

/** Name of the assigner in the group protocol. A member whose assigner has another name cannot join the group. */
const NAME = 'hooklane-co-assigner'
const VERSION = 1

/** Distributes the P partitions of the lead topic evenly. Partition q of another topic goes to the owner of lead partition `q mod P`. */
export function coAssigner(leadTopic: string): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.alloc(0) }),
    }),
    assign: ({ members, topics }) => {
      const partitionsOf = new Map(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map((p) => p.partitionId)]),
      )
      const shares = coAssign(leadTopic, partitionsOf, members)
      return Promise.resolve(
        [...shares].map(([memberId, assignment]): GroupMemberAssignment => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
        })),
      )
    },
  })
}

/** Returns the partitions of every member, even of a member that gets none. A pure function. */
export function coAssign(
  leadTopic: string,
  partitionsOf: ReadonlyMap<string, readonly number[]>,
  members: readonly Pick<GroupMember, 'memberId'>[],
): Map<string, Assignment> {
  const ids = members.map((member) => member.memberId).sort()
  const shares = new Map<string, Assignment>(ids.map((id) => [id, {}]))
  const leadCount = Math.max(1, partitionsOf.get(leadTopic)?.length ?? 0)
  for (const [topic, partitions] of partitionsOf) {
    for (const partition of [...partitions].sort((a, b) => a - b)) {
      const share = shares.get(ids[(partition % leadCount) % ids.length] ?? '')
      if (share) (share[topic] ??= []).push(partition)
    }
  }
  return shares
}
