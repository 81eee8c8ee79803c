import { createSealer } from '@hooklane/core/secrets'
import type { ConfigurationView } from '@hooklane/core/configuration'
import { JsonPayloadRenderer, userAgentOf } from '@hooklane/core/delivery'
import type { LeaseStore } from '@hooklane/core/lane'
import { LeaseRenewer, type OpenSessions } from '@hooklane/dispatch'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import { AttemptExecutor } from '../attempts/attempt-executor.js'
import type { Permits } from '../attempts/permits.js'
import { DecodedEvents } from '../attempts/decoded-events.js'
import { OpenedSubscriptions } from '../attempts/opened-subscriptions.js'
import type { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { PredecessorGate } from '../configuration/predecessor-gate.js'
import { SessionFactory } from '../sessions/session-factory.js'
import type { DispatcherMetrics } from '../metrics.js'
import { OutcomeReporter } from '../outcomes/outcome-reporter.js'
import type { DispatcherSettings } from '../settings.js'
import type { Connections } from './connections.js'

const VERSION = '0.1.0'

export interface LeaseRenewerParts {
  readonly leaseStore: LeaseStore
  readonly open: OpenSessions
  readonly metrics: DispatcherMetrics
}

export function makeLeaseRenewer(
  settings: DispatcherSettings,
  { leaseStore, open, metrics }: LeaseRenewerParts,
  { logger, readiness }: ServiceContext,
): LeaseRenewer {
  return new LeaseRenewer({
    store: leaseStore,
    clock: systemClock,
    leaseTtlMs: settings.leaseTtlMs,
    saveIntervalMs: settings.saveIntervalMs,
    onStoreUp: (up) => {
      open.setStoreUp(up)
      readiness.set('database', up, up ? undefined : 'leases and positions cannot be saved: nothing is attempted')
    },
    onFailure: (error) => {
      metrics.ambiguous.inc({ op: 'keep' })
      logger.warn({ error }, 'leases and positions could not be saved; no new attempt starts until they are')
    },
  })
}

export interface SessionParts {
  readonly connections: Connections
  readonly view: ConfigurationView
  readonly gate: ConfigurationGate
  readonly predecessors: PredecessorGate
  readonly renewer: LeaseRenewer
  readonly open: OpenSessions
  readonly permits: Permits
  readonly metrics: DispatcherMetrics
}

export function makeSessionFactory(
  settings: DispatcherSettings,
  parts: SessionParts,
  context: ServiceContext,
): SessionFactory {
  const { leaseStore, laneStore, publisher } = parts.connections
  const { logger } = context
  const { topicPrefix, leaseTtlMs, sessionTimeoutMs, marginMs, inlineWindowMs } = settings
  const { view, gate, predecessors, renewer, open, metrics } = parts
  return new SessionFactory({
    clock: systemClock,
    leaseStore,
    laneStore,
    renewer,
    open,
    gate,
    predecessors,
    endedStreams: () => view.endedStreams(),
    metrics,
    executor: makeExecutor(settings, parts, context),
    outcomes: new OutcomeReporter({ clock: systemClock, publisher, metrics, logger, topicPrefix }),
    logger,
    leaseTtlMs,
    sessionTimeoutMs,
    lanes: { marginMs, inlineWindowMs, spreadMax: BigInt(settings.spreadMax) },
  })
}

function makeExecutor(
  settings: DispatcherSettings,
  { connections, view, permits, metrics }: SessionParts,
  { logger }: ServiceContext,
): AttemptExecutor {
  return new AttemptExecutor({
    clock: systemClock,
    view,
    access: new OpenedSubscriptions(createSealer(settings.secretsKeys)),
    sender: connections.sender,
    permits,
    metrics,
    marginMs: settings.marginMs,
    events: new DecodedEvents(),
    payloads: new JsonPayloadRenderer(settings.publicBaseUrl),
    headerPrefix: settings.headerPrefix,
    userAgent: userAgentOf(VERSION, settings.publicBaseUrl),
    jitter: () => Math.random() * 2 - 1,
    onCannotUnseal: (subscription, reason) => {
      metrics.alarms.inc({ kind: 'cannot_unseal' })
      logger.error({ subscription, reason }, 'a secret cannot be opened with SECRETS_KEY: the lane waits')
    },
    onDefect: (deliveryId, error) => {
      metrics.alarms.inc({ kind: 'defect' })
      logger.error({ deliveryId, error }, 'no request can be built from a delivery')
    },
  })
}
