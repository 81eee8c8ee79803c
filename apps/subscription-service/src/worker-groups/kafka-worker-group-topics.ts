import { workerGroupTopics, type TopicNames, type WorkerGroupConfiguration } from '@hooklane/contracts/records'
import { WorkerGroupNotReady, type WorkerGroupTopics } from '@hooklane/core/worker-group'
import { hasErrorType, type KafkaLogAdmin, type TopicAdmin } from '@hooklane/kafka'

/** Error types of a broker that does not allow this client to create or describe topics. */
const DENIED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'] as const

export interface KafkaWorkerGroupTopicsOptions {
  readonly admin: Pick<TopicAdmin, 'ensureTopics' | 'deleteTopics'>
  readonly readers: Pick<KafkaLogAdmin, 'deleteUnusedGroups'>
  readonly names: TopicNames
  readonly replicationFactor: number
}

/** Creates and removes the topics of worker groups in Kafka. If topics cannot be created, the error lists the topics to create. */
export class KafkaWorkerGroupTopics implements WorkerGroupTopics {
  constructor(private readonly options: KafkaWorkerGroupTopicsOptions) {}

  async ensure(group: WorkerGroupConfiguration): Promise<void> {
    const { admin, names, replicationFactor } = this.options
    const specs = workerGroupTopics(names, group)
    let faults: readonly string[]
    try {
      faults = await admin.ensureTopics(specs, { replicationFactor, create: true })
    } catch (cause) {
      const needed = specs.map((spec) => `${spec.name} (${spec.partitions} partitions, cleanup.policy ${spec.cleanup})`)
      const isUnanswered = !DENIED.some((type) => hasErrorType(cause, type))
      throw new WorkerGroupNotReady(group.name, needed, { cause, isUnanswered })
    }
    if (faults.length > 0) throw new WorkerGroupNotReady(group.name, faults)
  }

  /** Order matters: readers of a deleted topic fail. So first delete the consumer groups without members, and then only their topics. */
  async remove(groups: readonly WorkerGroupConfiguration[]): Promise<readonly string[]> {
    const { admin, readers, names } = this.options
    const readerOf = ({ name }: WorkerGroupConfiguration): string => names.group(name)
    const unused = new Set(await readers.deleteUnusedGroups(groups.map(readerOf)))
    const removable = groups.filter((group) => unused.has(readerOf(group)))
    const topics = removable.flatMap((group) => workerGroupTopics(names, group))
    await admin.deleteTopics(topics.map(({ name }) => name))
    return removable.map(({ name }) => name)
  }
}
