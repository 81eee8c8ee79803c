import type { Admin, DescribeConfigResponse, ITopicConfig } from 'kafkajs'
import type { TopicSpec } from '@hooklane/contracts/records'
import { pause, processTimers } from '@hooklane/core/kernel'
import { hasErrorType } from '../client/errors.js'
import { kafkajs } from '../client/kafkajs.js'
import { GIVE_UP_AFTER_MS, type KafkaClient } from '../client/kafka-client.js'
import { SharedAdmin } from './shared-admin.js'
import { compareTopic, violatedRelations } from './compare-topic.js'
import type { TopicDescription, TopicRelation } from './topic-description.js'

export interface EnsureTopicsOptions {
  /** Number of replicas of the topics that are created; at most the number of brokers. */
  readonly replicationFactor: number
  /** Whether to create missing topics. Otherwise a missing topic is reported as a mismatch. */
  readonly create: boolean
  /**
   * `exact` (default): an existing topic must have the number of partitions of its spec. `asFound`: any number is accepted. The relations
   * between topics are checked either way.
   */
  readonly partitions?: 'exact' | 'asFound'
  /** Required relations between the partition counts of topics. */
  readonly relations?: readonly TopicRelation[]
}

/** Maximum wait until created topics have leaders. Normally this takes seconds; if it takes longer, the cluster is unhealthy. */
const CREATE_TIMEOUT_MS = 20_000
const LOOK_AGAIN_MS = 100
/** Maximum time to create topics and wait for their leaders, and for the queries before and after. */
const ENSURE_TIMEOUT_MS = GIVE_UP_AFTER_MS + 2 * CREATE_TIMEOUT_MS

/** Creates topics with their settings, and reports mismatches of existing ones. Never changes an existing topic. */
export class TopicAdmin {
  private readonly admin: SharedAdmin

  constructor(client: KafkaClient) {
    this.admin = new SharedAdmin(client)
  }

  /**
   * Returns one message per mismatch: the actual value, the required value, and what to do. An empty result means that all topics exist and
   * match. Safe to call from several processes at once.
   */
  async ensureTopics(specs: readonly TopicSpec[], options: EnsureTopicsOptions): Promise<string[]> {
    return this.admin.use(async (admin) => {
      let found = await describeTopics(admin, namesOf(specs))
      const missing = specs.filter((spec) => !found.has(spec.name))
      if (options.create && missing.length > 0) {
        await admin.createTopics({
          topics: missing.map((spec) => toTopicConfig(spec, options.replicationFactor)),
          // If the client waited for leaders, it would fail on a broker that does not know the topic yet.
          waitForLeaders: false,
          timeout: CREATE_TIMEOUT_MS,
        })
        found = await describeOnceLed(admin, namesOf(specs))
      }
      const faults = specs.flatMap((spec) => compareTopic(spec, found.get(spec.name), options.partitions ?? 'exact'))
      return [...faults, ...violatedRelations(options.relations ?? [], found)]
    }, ENSURE_TIMEOUT_MS)
  }

  /** Describes the topics. The result does not contain missing topics. */
  async describe(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.admin.use((admin) => describeTopics(admin, topics))
  }

  /** Deletes topics with all their records. Missing topics are not an error. */
  async deleteTopics(topics: readonly string[]): Promise<void> {
    await this.admin.use(async (admin) => {
      const present = new Set(await admin.listTopics())
      const doomed = topics.filter((topic) => present.has(topic))
      if (doomed.length > 0) await admin.deleteTopics({ topics: doomed, timeout: CREATE_TIMEOUT_MS })
    })
  }
}

const namesOf = (specs: readonly TopicSpec[]): string[] => specs.map((spec) => spec.name)

function toTopicConfig(spec: TopicSpec, replicationFactor: number): ITopicConfig {
  const entries: Record<string, string> = {
    'cleanup.policy': spec.cleanup,
    // An acknowledged record must survive the loss of a broker. With fewer than three replicas, 2 would stop writes after the first loss.
    'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
    'unclean.leader.election.enable': 'false',
    // We cannot read records that other producers compress with snappy, lz4 or zstd, so the broker stores them uncompressed.
    'compression.type': spec.cleanup === 'delete' ? 'uncompressed' : 'producer',
  }
  if (spec.cleanup === 'compact') {
    // A compacted topic is read whole at every start and takeover, so it must stay small. Kafka compacts only closed segments, and by
    // default closes a segment at 1 GiB.
    entries['segment.bytes'] = String(16 * 1024 * 1024)
    entries['min.cleanable.dirty.ratio'] = '0.1'
  }
  if (spec.retentionMs !== null) entries['retention.ms'] = String(spec.retentionMs)
  return {
    topic: spec.name,
    numPartitions: spec.partitions,
    replicationFactor,
    configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
  }
}

/**
 * Describes topics that were just created. Brokers learn of the topics and of their leaders one after the other, and a broker that does not
 * know them yet refuses to describe them.
 */
async function describeOnceLed(admin: Admin, names: readonly string[]): Promise<Map<string, TopicDescription>> {
  const untilMs = performance.now() + CREATE_TIMEOUT_MS
  for (;;) {
    const isLast = performance.now() >= untilMs
    try {
      const found = await describeTopics(admin, names)
      if (isLast || names.every((name) => found.has(name))) return found
    } catch (error) {
      const passes = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'].some((type) => hasErrorType(error, type))
      if (isLast || !passes) throw error
    }
    await pause(processTimers, LOOK_AGAIN_MS)
  }
}

async function describeTopics(admin: Admin, names: readonly string[]): Promise<Map<string, TopicDescription>> {
  const present = new Set(await admin.listTopics())
  const topics = names.filter((name) => present.has(name))
  if (topics.length === 0) return new Map()
  const [metadata, configs] = await Promise.all([
    admin.fetchTopicMetadata({ topics }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configNames: ['cleanup.policy', 'retention.ms'],
      })),
    }),
  ])
  return new Map(
    metadata.topics.map(({ name, partitions }) => {
      const description: TopicDescription = {
        name,
        partitions: partitions.length,
        replicationFactor: partitions[0]?.replicas.length ?? 0,
        cleanup: configValue(configs, name, 'cleanup.policy') ?? '',
        retentionMs: Number(configValue(configs, name, 'retention.ms') ?? '-1'),
      }
      return [name, description]
    }),
  )
}

function configValue(configs: DescribeConfigResponse, topic: string, name: string): string | undefined {
  const resource = configs.resources.find((candidate) => candidate.resourceName === topic)
  return resource?.configEntries.find((entry) => entry.configName === name)?.configValue
}
