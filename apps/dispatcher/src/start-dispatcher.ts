import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { NestFactory } from '@nestjs/core'
import { kafkaConnection } from '@hooklane/config'
import { encodeQuarantined, topicNames, type WorkerGroupConfiguration } from '@hooklane/contracts'
import { ConfigurationView, createSealer, userAgentOf } from '@hooklane/core'
import {
  ConfigurationReader,
  createKafkaClient,
  KafkaLogAdmin,
  KafkaLogConsumer,
  LaneTransport,
  SingleFlightProducer,
} from '@hooklane/kafka'
import { createPool, PostgresLaneStore, PostgresLeaseStore } from '@hooklane/postgres'
import { nestLogger, systemClock, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { parseAllowTargets, UndiciWebhookSender } from '@hooklane/webhook-http'
import { AttemptExecutor } from './attempts/attempt-executor.js'
import { Permits } from './attempts/permits.js'
import { Publisher } from './attempts/publisher.js'
import { SubscriptionAccessCache } from './attempts/subscription-access.js'
import { ConfigurationGate } from './configuration/configuration-gate.js'
import { Dispatcher } from './dispatcher.js'
import { DispatcherModule } from './dispatcher.module.js'
import { SessionFactory } from './engine/session-factory.js'
import { decodeBatch } from './groups/decode-batch.js'
import { GroupWorker } from './groups/group-worker.js'
import { ServedGroups } from './groups/served-groups.js'
import { Ledger } from './ledger/ledger.js'
import { dispatcherMetrics } from './metrics.js'
import { MemoryBudget } from './observing/memory-budget.js'
import { Observer } from './observing/observer.js'
import { PartitionOwner } from './ownership/partition-owner.js'
import type { DispatcherSettings } from './settings.js'

const VERSION = '0.1.0'

/** Binds the dispatcher to Kafka, Postgres and HTTP, and runs it as a Nest microservice. */
export async function startDispatcher(settings: DispatcherSettings, context: ServiceContext): Promise<RunningService> {
  const { logger, registry, readiness, fail } = context
  const names = topicNames(settings.topicPrefix)
  const metrics = dispatcherMetrics(registry)
  const instance = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  const clock = systemClock

  const kafka = createKafkaClient({
    ...kafkaConnection(settings),
    clientId: 'hooklane-dispatcher',
    logger,
    onOffsetReset: () => metrics.alarms.inc({ kind: 'log_lost' }),
  })
  const producer = new SingleFlightProducer(kafka)
  const publisher = new Publisher({
    producer,
    onRetry: (error, inMs) => logger.warn({ error, inMs }, 'a record could not be published; trying again'),
  })
  const admin = new KafkaLogAdmin(kafka)
  const pool = (applicationName: string, maxConnections: number, statementTimeoutMs: number) =>
    createPool({
      url: settings.databaseUrl,
      role: 'hooklane_dispatcher',
      applicationName,
      maxConnections,
      statementTimeoutMs,
      onIdleError: (error) => logger.warn({ error }, 'a database connection broke'),
    })
  // Leases have connections of their own: a renewal must never queue behind lane writes.
  const leasePool = pool('hooklane-dispatcher-lease', 2, 3_000)
  const lanePool = pool('hooklane-dispatcher-lane', 8, 5_000)
  const leaseStore = new PostgresLeaseStore(leasePool)
  const sender = new UndiciWebhookSender({
    allowTargets: parseAllowTargets(settings.allowTargets),
    perHostMax: settings.perHostMax,
  })

  const ledger = new Ledger({
    store: leaseStore,
    clock,
    leaseTtlMs: settings.leaseTtlMs,
    saveIntervalMs: settings.saveIntervalMs,
    onStoreUp: (up) => sessions.storeUp(up),
    onFailure: (error) => {
      metrics.ambiguous.inc({ group: 'all' })
      logger.warn({ error }, 'leases and positions could not be saved; nothing new is attempted until they are')
    },
  })
  const view = new ConfigurationView()
  const configuration = new ConfigurationReader(kafka, {
    topic: names.subscriptions,
    groupPrefix: names.group('dispatcher'),
    onRecord: (record) => {
      if (view.put(record)) dispatcher.onConfiguration(record)
    },
    onUndecodable: (record, reason) =>
      logger.error(
        { offset: String(record.offset), reason },
        'a configuration record cannot be read and is passed over',
      ),
    onCrash: (error) => fail('the configuration could not be followed any more', error),
  })
  const gate = new ConfigurationGate({
    view,
    readToEnd: () => configuration.readToEnd(),
    onRead: () => dispatcher.sessions().forEach((session) => session.tell({ type: 'configurationRead' })),
    onFailure: (error) => logger.warn({ error }, 'the configuration could not be read further; trying again'),
  })
  const executor = new AttemptExecutor({
    clock,
    view,
    access: new SubscriptionAccessCache(createSealer(settings.secretsKeys)),
    sender,
    permits: new Permits(settings.attemptsMax),
    metrics,
    marginMs: settings.marginMs,
    publicBaseUrl: settings.publicBaseUrl,
    headerPrefix: settings.headerPrefix,
    userAgent: userAgentOf(VERSION, settings.publicBaseUrl),
    jitter: () => Math.random() * 2 - 1,
    onCannotUnseal: (subscriptionId, error) => {
      metrics.alarms.inc({ kind: 'cannot_unseal' })
      logger.error(
        { subscriptionId, reason: error.reason },
        'a secret cannot be opened with SECRETS_KEY: the lane waits',
      )
    },
  })
  const sessions = new SessionFactory({
    clock,
    leaseStore,
    laneStore: new PostgresLaneStore(lanePool),
    ledger,
    gate,
    executor,
    publisher,
    metrics,
    logger,
    topicPrefix: settings.topicPrefix,
    leaseTtlMs: settings.leaseTtlMs,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    lanes: {
      marginMs: settings.marginMs,
      inlineWindowMs: settings.inlineWindowMs,
      spreadMax: BigInt(settings.spreadMax),
    },
  })

  const makeWorker = (group: WorkerGroupConfiguration): GroupWorker => {
    const topic = names.deliveries(group.name)
    return new GroupWorker({
      workerGroup: group.name,
      topic,
      consumer: new KafkaLogConsumer(kafka, {
        group: names.group(group.name),
        topics: [topic],
        maxWaitMs: group.slots === 0 ? 2_000 : 500,
        sessionTimeoutMs: settings.sessionTimeoutMs,
        heartbeatMs: settings.heartbeatIntervalMs,
        rebalanceTimeoutMs: 60_000,
      }),
      makeOwner: (partition, worker) =>
        new PartitionOwner({
          workerGroup: group.name,
          partition,
          instance,
          leaseTtlMs: settings.leaseTtlMs,
          clock,
          leaseStore,
          offsets: async () => {
            const found = (await admin.offsets(topic)).find((one) => one.partition === partition)
            if (!found) throw new Error(`${topic} has no partition ${partition}`)
            return found
          },
          open: (grant, deadlineMs, offsets) => sessions.open(grant, deadlineMs, offsets, worker),
          read: (fromOffset) => worker.read(partition, fromOffset),
          onBadPosition: (kind, position, offsets) => {
            metrics.alarms.inc({ kind: 'log_lost' })
            logger.error(
              {
                group: group.name,
                partition,
                position: String(position),
                low: String(offsets.low),
                high: String(offsets.high),
              },
              kind === 'below'
                ? 'records expired before they were delivered: retention is shorter than the outage was'
                : 'the topic was made anew under a saved position: restore it, or delete the rows of partition_owner for this group',
            )
          },
          onRetry: (reason, error) => logger.debug({ group: group.name, partition, error }, reason),
          onTakenOver: (seconds) => metrics.takeoverSeconds.observe({ group: group.name }, seconds),
        }),
      decode: (batch, fromOffset) => {
        const { records, unreadable } = decodeBatch(batch, fromOffset)
        for (const { record, reason } of unreadable) {
          metrics.undecodable.inc({ group: group.name })
          logger.error(
            { topic, partition: record.partition, offset: String(record.offset), reason },
            'a record cannot be read: quarantine',
          )
          const origin = { topic, partition: record.partition, offset: record.offset }
          const { key, value } = record
          const at = new Date().toISOString()
          void publisher.publish(
            {
              topic: names.quarantine,
              ...encodeQuarantined({ reason, origin, key, value, service: 'dispatcher', at }),
            },
            () => true,
          )
        }
        return records
      },
      onCrash: (error) => fail(`the consumer of ${group.name} could not be kept running`, error),
      onAssigned: (partitions) => logger.info({ group: group.name, partitions }, 'partitions assigned'),
    })
  }

  const dispatcher = new Dispatcher({
    view,
    configuration,
    groups: new ServedGroups({
      patterns: settings.workerGroups,
      make: makeWorker,
      onFailure: (group, error) => {
        metrics.alarms.inc({ kind: 'group_not_served' })
        logger.error({ error, group }, 'a worker group cannot be served; trying again')
      },
    }),
    ledger,
    connectProducer: () => producer.connect(),
    disconnect: async () => {
      await producer.close()
      await sender.close()
      await Promise.all([leasePool.end(), lanePool.end()])
    },
    observe: (workers) => observer.observe(workers),
    readiness,
    logger,
  })
  const observer = new Observer({ metrics, clock, budget: new MemoryBudget(settings.memoryMaxBytes) })

  const service = await NestFactory.createMicroservice(DispatcherModule, {
    strategy: new LaneTransport(dispatcher),
    logger: nestLogger(logger),
  })
  await service.listen()
  return { close: () => service.close() }
}
