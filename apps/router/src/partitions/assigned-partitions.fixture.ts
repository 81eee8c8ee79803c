import type { EntityEvent } from '@hooklane/contracts/public'
import type { EndedStreamConfiguration } from '@hooklane/contracts/records'
import { processTimers } from '@hooklane/core/kernel'
import type { RoutingView } from '@hooklane/core/routing'
import { ConsumerHost } from '@hooklane/kafka/host'
import { consumerMetrics, createRegistry, Readiness, Skips } from '@hooklane/observability'
import { pino } from 'pino'
import { createRouterMetrics } from '../metrics.js'
import { AssignedPartitions } from './assigned-partitions.js'
import { COMPANY, EVENTS, InMemoryConsumer, InMemoryRouterLog, PARTITIONS, topics } from './in-memory-log.fixture.js'

/** Records every readiness report about the partitions. */
class WatchedReadiness extends Readiness {
  readonly reports: { readonly ready: boolean; readonly detail: string }[] = []

  override set(part: string, ready: boolean, detail = ''): void {
    super.set(part, ready, detail)
    if (part === 'partitions') this.reports.push({ ready, detail })
  }
}

const running: ConsumerHost[] = []

/** Stops all routers that `world` has made. */
export async function stopRouters(): Promise<void> {
  await Promise.all(running.splice(0).map((host) => host.stop()))
}

/** A router with one app that subscribes to everything, over a log and a consumer that the test controls. */
export function world(log = new InMemoryRouterLog()) {
  const groups = new Set(['shared-webhook'])
  const apps = new Map([
    ['app_a', { id: 'app_a', companyId: COMPANY, enabled: true, workerGroup: 'shared-webhook', routeVersion: 0 }],
  ])
  const subscription = {
    version: 1n,
    value: { id: 'sub_1', companyId: COMPANY, appId: 'app_a', enabled: true, events: ['*'] },
  }
  const ended = new Set<EndedStreamConfiguration>()
  const view = {
    company: (id: string) => (id === COMPANY ? { id, name: id } : undefined),
    endedStreams: () => [...ended],
    hasWorkerGroup: (name: string) => groups.has(name),
    app: (id: string) => apps.get(id),
    subscription: () => subscription,
    subscriptionsOfCompany: () => [subscription],
  } as unknown as RoutingView
  const consumer = new InMemoryConsumer(log)
  const readiness = new WatchedReadiness()
  const rests: number[] = []
  const logger = pino(
    { level: 'warn' },
    {
      write: (line) => {
        const { restMs } = JSON.parse(line) as { restMs?: number }
        if (restMs !== undefined) rests.push(restMs)
      },
    },
  )
  const registry = createRegistry('router')
  const clock = { ...processTimers, monotonicMs: () => performance.now(), wallMs: () => Date.now() }
  const host = new ConsumerHost({ group: 'router', consumer, clock, onCrash: () => undefined })
  const router = new AssignedPartitions({
    host,
    readiness,
    context: {
      topics,
      log,
      configuration: { view, caughtUp: () => Promise.resolve(), companyIds: () => [COMPANY] },
      routing: {
        partitions: PARTITIONS,
        maxEventBytes: 10_000,
        maxHops: 3,
        schema: { header: 'hooklane-schema', value: 'event/1' },
        decode: (bytes) => {
          try {
            return { ok: true, value: JSON.parse(String(bytes)) as EntityEvent }
          } catch {
            return { ok: false, reason: 'invalid_json' }
          }
        },
      },
      limits: { maxRecords: 4, maxBytes: 1_000_000 },
      clock,
      metrics: createRouterMetrics(registry),
      logger,
      quarantine: { metrics: consumerMetrics(registry), skips: new Skips(logger), group: 'router' },
    },
  })
  consumer.onReset = (at) => router.onOffsetReset(at)
  running.push(host)
  /** Deletes the app. */
  const deleteApp = (workerGroup = 'shared-webhook') => {
    apps.clear()
    ended.add({ appId: 'app_a', companyId: COMPANY, epoch: 1, workerGroup })
    router.onConfiguration()
  }
  const start = () => host.start(router)
  const stop = () => host.stop()
  return { log, consumer, router, start, stop, readiness, registry, groups, apps, rests, deleteApp }
}

/** Appends the events `from` to `to`, both included. */
export function publish(log: InMemoryRouterLog, from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    const revision = { id: String(n).padStart(6, '0'), operation: 'update' }
    const event = {
      id: `evt_${n}`,
      producer: 'pim',
      type: 'products.updated',
      companyId: COMPANY,
      occurredAt: '2026-03-02T08:15:04Z',
      revision,
    }
    log.append({ ...EVENTS, key: COMPANY, value: JSON.stringify(event) })
  }
}

/** The records written for the app, as `<sequence> <event id>`, and the ends of streams. */
export const delivered = (log: InMemoryRouterLog): string[] =>
  log.records({ topic: topics.deliveries('shared-webhook'), partition: 0 }).map((record) => {
    const epoch = String(record.headers['hooklane-stream-epoch'])
    if (record.value === null) return `end of ${epoch} at ${String(record.headers['hooklane-sequence'])}`
    const value = JSON.parse(String(record.value)) as { id: string; order: { sequence: number } }
    return `${value.order.sequence} ${value.id}`
  })

/** The first `count` events as they are delivered. */
export const expected = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1} evt_${n + 1}`)
