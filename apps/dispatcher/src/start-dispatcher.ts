import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { topicNames } from '@hooklane/contracts/records'
import { ConfigurationView, type ConfigurationRecord } from '@hooklane/core/configuration'
import { OpenSessions } from '@hooklane/dispatch'
import { reportConsumers, startConsumerService } from '@hooklane/kafka/host'
import { ConsumerReport, consumerMetrics, forgetGroup, type ConsumerMetrics } from '@hooklane/observability'
import { nestLogger, systemClock, type RunningService, type ServiceContext } from '@hooklane/runtime'
import { Permits } from './attempts/permits.js'
import { makeConnections } from './composition/connections.js'
import { makeConfigurationReader, makeGate, makePredecessorGate } from './composition/make-configuration.js'
import { makeLeaseRenewer, makeSessionFactory } from './composition/make-sessions.js'
import { WorkerMaker } from './composition/make-worker.js'
import { Dispatcher } from './dispatcher.js'
import { DispatcherModule } from './dispatcher.module.js'
import { ServedGroups } from './groups/served-groups.js'
import { PayloadMemory } from './memory/payload-memory.js'
import { dispatcherMetrics, type DispatcherMetrics } from './metrics.js'
import { observeSessions } from './observing/observe-sessions.js'
import { Observer } from './observing/observer.js'
import type { DispatcherSettings } from './settings.js'

/** Binds the dispatcher to Kafka, Postgres and HTTP, and runs it as a Nest application. */
export function startDispatcher(settings: DispatcherSettings, context: ServiceContext): Promise<RunningService> {
  const dispatcher = makeDispatcher(settings, context)
  return startConsumerService(DispatcherModule.of(dispatcher), nestLogger(context.logger))
}

function makeDispatcher(settings: DispatcherSettings, context: ServiceContext): Dispatcher {
  const { logger, readiness } = context
  const metrics = dispatcherMetrics(context.registry)
  const consumers = consumerMetrics(context.registry)
  const instance = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  const connections = makeConnections(settings, logger, metrics)
  const { leaseStore, laneStore } = connections
  const names = topicNames(settings.topicPrefix)
  const view = new ConfigurationView()
  const open = new OpenSessions()
  const permits = new Permits(settings.attemptsMax)
  const onChange = (record: ConfigurationRecord) => dispatcher.onConfiguration(record)
  const configuration = makeConfigurationReader(connections.kafka, { names, view, metrics, onChange }, context)
  const gate = makeGate({ view, configuration, open }, context)
  const predecessors = makePredecessorGate({ laneStore, open, metrics }, context)
  const renewer = makeLeaseRenewer(settings, { leaseStore, open, metrics }, context)
  const parts = { connections, view, gate, predecessors, renewer, open, permits, metrics }
  const sessions = makeSessionFactory(settings, parts, context)
  const isGone = (group: string) => configuration.readToEnd().then(() => !view.hasWorkerGroup(group))
  const workers = new WorkerMaker({ settings, connections, sessions, metrics, context, consumers, instance, isGone })
  const memory = new PayloadMemory(settings.memoryMaxBytes)
  const observer = new Observer({
    metrics,
    readiness,
    clock: systemClock,
    inFlight: () => permits.taken,
    unpublishedBytes: () => connections.publisher.unpublishedBytes,
  })
  const report = new ConsumerReport(consumers, readiness, settings.sessionTimeoutMs)
  const dispatcher = new Dispatcher({
    clock: systemClock,
    view,
    configuration,
    renewer,
    open,
    groups: makeServedGroups(settings, { workers, metrics, consumers }, context),
    connectProducer: () => connections.connectProducer(),
    disconnect: () => connections.close(),
    observe: (served) => {
      observeSessions({ observer, memory }, served)
      reportConsumers(
        served.map(({ host }) => host),
        report,
      )
    },
    readiness,
    logger,
  })
  return dispatcher
}

interface ServedGroupsParts {
  readonly workers: WorkerMaker
  readonly metrics: DispatcherMetrics
  readonly consumers: ConsumerMetrics
}

function makeServedGroups(
  settings: DispatcherSettings,
  { workers, metrics, consumers }: ServedGroupsParts,
  { logger }: ServiceContext,
): ServedGroups {
  return new ServedGroups({
    clock: systemClock,
    patterns: settings.workerGroups,
    make: (group) => workers.make(group),
    onFailure: (group, error) => {
      metrics.alarms.inc({ kind: 'group_not_served' })
      logger.error({ error, group }, 'a worker group cannot be served; trying again')
    },
    onEnded: async (group) => {
      await forgetGroup(metrics, group)
      await forgetGroup(consumers, group)
      logger.info({ group }, 'a worker group was removed')
    },
  })
}
