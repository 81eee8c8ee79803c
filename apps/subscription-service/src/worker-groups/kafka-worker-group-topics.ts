import { workerGroupTopics, type TopicNames, type WorkerGroupConfiguration } from '@hooklane/contracts'
import { WorkerGroupNotReady, type WorkerGroupTopics } from '@hooklane/core'
import { hasErrorType, type TopicAdmin } from '@hooklane/kafka'

/** What a broker answers to those who may not create or look at topics. */
const DENIED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'] as const

/** Makes the topics of worker groups in Kafka, or says which ones somebody else must make. */
export class KafkaWorkerGroupTopics implements WorkerGroupTopics {
  constructor(
    private readonly admin: Pick<TopicAdmin, 'ensureTopics'>,
    private readonly names: TopicNames,
    private readonly replicationFactor: number,
  ) {}

  async ensure(group: WorkerGroupConfiguration): Promise<void> {
    const specs = workerGroupTopics(this.names, group)
    const { replicationFactor } = this
    let faults: readonly string[]
    try {
      faults = await this.admin.ensureTopics(specs, { replicationFactor, create: true })
    } catch (cause) {
      const needed = specs.map((spec) => `${spec.name} (${spec.partitions} partitions, cleanup.policy ${spec.cleanup})`)
      const isUnanswered = !DENIED.some((type) => hasErrorType(cause, type))
      throw new WorkerGroupNotReady(group.name, needed, { cause, isUnanswered })
    }
    if (faults.length > 0) throw new WorkerGroupNotReady(group.name, faults)
  }
}
