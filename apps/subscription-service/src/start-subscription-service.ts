import { kafkaConnection } from '@hooklane/config'
import { topicNames } from '@hooklane/contracts/records'
import { createSealer } from '@hooklane/core/secrets'
import { createKafkaClient, KafkaLogAdmin, TopicAdmin } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'
import { TenantDatabase } from '@hooklane/postgres/tenancy'
import { explainListenFault, systemClock, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { parseAllowTargets } from '@hooklane/webhook-http'
import { CompanyErasure } from './companies/company-erasure.js'
import { kafkaEventsEnd } from './companies/events-end.js'
import { createApi } from './create-api.js'
import type { SubscriptionServiceSettings } from './settings.js'
import { SubscriptionRules } from './subscriptions/subscriptions.service.js'
import { DatabaseWatch } from './database-watch.js'
import { ExpiredResponses } from './idempotency/expired-responses.js'
import { Removals } from './removals.js'
import { GroupRemoval } from './worker-groups/group-removal.js'
import { KafkaWorkerGroupBacklogs } from './worker-groups/kafka-worker-group-backlogs.js'
import { KafkaWorkerGroupTopics } from './worker-groups/kafka-worker-group-topics.js'

/** Maximum replication factor of new topics. If the settings name fewer brokers, the factor is the number of brokers. */
const MAX_REPLICAS = 3

/** Wires the parts of the service and starts it. Resolves when the API listens. */
export async function startSubscriptionService(
  settings: SubscriptionServiceSettings,
  context: ServiceContext,
): Promise<RunningService> {
  const { logger, readiness } = context
  const { operatorKey, secretsKeys, httpHost: host, httpPort: port } = settings
  const [newestSecretsKey] = secretsKeys
  if (!operatorKey || !newestSecretsKey) throw new Error('the settings were not checked')
  const database = makeDatabase(settings, logger)
  const kafka = createKafkaClient({ ...kafkaConnection(settings), clientId: 'hooklane-subscription-service', logger })
  const replicas = Math.min(MAX_REPLICAS, settings.kafkaBrokers.length)
  const names = topicNames(settings.topicPrefix)
  const admin = new KafkaLogAdmin(kafka)
  const workerGroupTopics = new KafkaWorkerGroupTopics({
    admin: new TopicAdmin(kafka),
    readers: admin,
    names,
    replicationFactor: replicas,
  })
  const api = await createApi({
    database,
    workerGroupTopics,
    workerGroupBacklogs: new KafkaWorkerGroupBacklogs({ admin, names, clock: systemClock, logger }),
    eventsEnd: kafkaEventsEnd(admin, names.events),
    operatorKey,
    rules: new SubscriptionRules(
      createSealer(secretsKeys),
      parseAllowTargets(settings.allowTargets),
      settings.headerPrefix,
    ),
    cursorSecret: newestSecretsKey,
    topicProfile: settings.topicProfile === 'prod' ? 'prod' : 'dev',
    wrongKeysPerMinute: settings.wrongKeysPerMinute,
    clock: systemClock,
    logger,
    registry: context.registry,
  })
  const watch = new DatabaseWatch(database, readiness)
  await watch.start()
  const expiredResponses = new ExpiredResponses(database, logger)
  expiredResponses.start()
  const groupRemoval = new GroupRemoval(database, workerGroupTopics, logger)
  const removals = new Removals(groupRemoval, new CompanyErasure(database), logger)
  removals.start()
  try {
    await api.listen(port, host)
  } catch (error) {
    throw explainListenFault(error, { key: 'HTTP_PORT', host, port })
  }
  logger.info({ url: await api.getUrl() }, 'the API is listening')
  return {
    close: async () => {
      watch.stop()
      expiredResponses.stop()
      await removals.stop()
      await api.close()
      await database.close()
    },
  }
}

function makeDatabase(
  { databaseUrl, databaseConnections }: SubscriptionServiceSettings,
  logger: Logger,
): TenantDatabase {
  return new TenantDatabase({
    url: databaseUrl,
    role: 'hooklane_service',
    applicationName: 'hooklane-subscription-service',
    maxConnections: databaseConnections,
    onIdleError: (error) => logger.warn({ error }, 'a connection to the database broke'),
  })
}
