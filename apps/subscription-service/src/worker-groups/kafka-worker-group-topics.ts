import { workerGroupTopics, type TopicNames, type WorkerGroupConfiguration } from '@hooklane/contracts'
import { WorkerGroupNotReady, type WorkerGroupTopics } from '@hooklane/core'
import { hasErrorType, TopicAdmin } from '@hooklane/kafka'

/** What a broker answers to those who may not create or look at topics. */
const DENIED = ['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'POLICY_VIOLATION'] as const

/** Makes the topics of worker groups in Kafka, or says which ones somebody else must make. */
export class KafkaWorkerGroupTopics implements WorkerGroupTopics {
  constructor(
    private readonly admin: TopicAdmin,
    private readonly names: TopicNames,
    private readonly replicationFactor: number,
  ) {}

  async ensure(group: WorkerGroupConfiguration): Promise<void> {
    const specs = workerGroupTopics(this.names, group)
    const { replicationFactor } = this
    try {
      const faults = await this.admin.ensureTopics(specs, { replicationFactor, create: true })
      if (faults.length > 0) throw new WorkerGroupNotReady(group.name, faults)
    } catch (error) {
      if (!DENIED.some((type) => hasErrorType(error, type))) throw error
      const needed = specs.map((spec) => `${spec.name} (${spec.partitions} partitions, cleanup.policy ${spec.cleanup})`)
      throw new WorkerGroupNotReady(group.name, needed, { cause: error })
    }
  }
}
