import { afterEach, describe, expect, it } from '@jest/globals'
import { topicNames, type EndedStreamConfiguration } from '@hooklane/contracts'
import {
  partitionOfKey,
  type LogConsumer,
  type LogConsumerHandlers,
  type LogRecord,
  type OutgoingRecord,
  type RouterLog,
  type RouterTransaction,
  type RoutingView,
  type TopicPartition,
} from '@hooklane/core'
import { createRegistry, Readiness, Skips } from '@hooklane/observability'
import { pino } from 'pino'
import { createRouterMetrics } from '../metrics.js'
import { EventRouter } from './event-router.js'

const topics = topicNames('t.')
const PARTITIONS = 3
const COMPANY = 'cmp_1'
const PARTITION = partitionOfKey(Buffer.from(COMPANY), PARTITIONS)
const EVENTS: TopicPartition = { topic: topics.events, partition: PARTITION }
const STATE: TopicPartition = { topic: topics.routerState, partition: PARTITION }
const keyOf = ({ topic, partition }: TopicPartition) => `${topic}/${partition}`

class Fenced extends Error {}

/** One partition's worth of a cluster: committed records, the group's offset, and who may write. */
class InMemoryRouterLog implements RouterLog {
  readonly trace: string[] = []
  readonly logs = new Map<string, LogRecord[]>()
  committed: bigint | null = null
  epoch = 0
  /** First offset of the events that retention has left. */
  low = 0n
  /** What happens to the next transaction that moves the offset. */
  fault: 'lostBefore' | 'lostAfter' | 'missingTopic' | null = null
  /** No transaction that covers this offset succeeds. */
  poison: bigint | null = null

  records(at: TopicPartition): LogRecord[] {
    let log = this.logs.get(keyOf(at))
    if (!log) this.logs.set(keyOf(at), (log = []))
    return log
  }

  append({ topic, partition, key, value, headers }: OutgoingRecord): void {
    const at = { topic, partition: partition ?? 0 }
    const log = this.records(at)
    log.push({
      ...at,
      offset: BigInt(log.length),
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)])),
      timestampMs: 0,
    })
  }

  openWriter() {
    const epoch = ++this.epoch
    this.trace.push('fence')
    return Promise.resolve({
      commit: (transaction: RouterTransaction) => this.#commit(epoch, transaction),
      close: () => Promise.resolve(),
    })
  }

  async #commit(epoch: number, { records, nextOffset }: RouterTransaction): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (epoch !== this.epoch) throw new Fenced()
    const fault = nextOffset === undefined ? null : this.fault
    if (fault) this.fault = null
    const isPoisoned = this.poison !== null && nextOffset !== undefined && nextOffset > this.poison
    if (fault === 'lostBefore' || isPoisoned) throw new Error('connection lost')
    if (fault === 'missingTopic') throw new TypeError('no such topic')
    for (const record of records) this.append(record)
    if (nextOffset !== undefined) this.committed = nextOffset
    else this.trace.push('end record')
    if (fault === 'lostAfter') throw new Error('connection lost')
  }

  committedOffset() {
    this.trace.push('offset')
    return Promise.resolve(this.committed)
  }

  eventOffsets(partition: number) {
    return Promise.resolve({ partition, low: this.low, high: BigInt(this.records(EVENTS).length) })
  }

  classify(error: unknown) {
    if (error instanceof Fenced) return 'fenced' as const
    return error instanceof TypeError ? ('topic_missing' as const) : ('failed' as const)
  }
}

/** Hands out records as Kafka's client does: a rejoin forgets what was sought, pause flags stay. */
class InMemoryConsumer implements LogConsumer {
  handlers!: LogConsumerHandlers
  heartbeatMs: number | null = null
  readonly paused = new Set<string>()
  readonly positions = new Map<string, bigint>()
  onReset: (at: TopicPartition) => void = () => undefined
  /** How many records the next fetches bring, then three each. */
  readonly fetches: number[] = []
  #assigned: TopicPartition[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly log: InMemoryRouterLog) {}

  start(handlers: LogConsumerHandlers) {
    this.handlers = handlers
    this.#timer = setInterval(() => this.#fetch(), 2)
    return Promise.resolve()
  }

  assign(...assigned: TopicPartition[]): void {
    this.#assigned = assigned
    this.positions.clear()
    this.heartbeatMs = performance.now()
    this.handlers.onAssigned(assigned, this)
  }

  stop() {
    clearInterval(this.#timer)
    return Promise.resolve()
  }

  seek(at: TopicPartition, offset: bigint): void {
    this.log.trace.push(`seek ${at.topic} ${offset}`)
    this.positions.set(keyOf(at), offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.paused.add(keyOf(at))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.paused.delete(keyOf(at))
  }

  commit = () => Promise.resolve()
  lastHeartbeatMs = () => this.heartbeatMs
  lastFetchMs = () => null

  #fetch(): void {
    for (const at of this.#assigned) {
      if (this.paused.has(keyOf(at))) continue
      const log = this.log.records(at)
      const wanted = this.positions.get(keyOf(at)) ?? this.log.committed ?? 0n
      const isReset = at === EVENTS && wanted < this.log.low
      if (isReset) this.onReset(at)
      const from = isReset ? this.log.low : wanted
      if (log.length <= Number(from)) continue
      const count = at.topic === EVENTS.topic ? (this.fetches.shift() ?? 3) : 3
      const records = log.slice(Number(from), Number(from) + count)
      const endOffset = from + BigInt(records.length)
      this.positions.set(keyOf(at), endOffset)
      this.handlers.onBatch({ ...at, records, endOffset, highWatermark: BigInt(log.length) })
    }
  }
}

/** Remembers what was said of the partitions. */
class WatchedReadiness extends Readiness {
  readonly said: { readonly ready: boolean; readonly detail: string }[] = []

  override set(part: string, ready: boolean, detail = ''): void {
    super.set(part, ready, detail)
    if (part === 'partitions') this.said.push({ ready, detail })
  }
}

const running: EventRouter[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((router) => router.stop()))
})

function world(log = new InMemoryRouterLog()) {
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
  const router = new EventRouter({
    consumer,
    readiness,
    sessionTimeoutMs: 10_000,
    onCrash: () => undefined,
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
            return { ok: true, value: JSON.parse(String(bytes)) }
          } catch {
            return { ok: false, reason: 'invalid_json' }
          }
        },
      },
      limits: { maxRecords: 4, maxBytes: 1_000_000 },
      clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
      metrics: createRouterMetrics(registry),
      logger,
      skips: new Skips(logger),
    },
  })
  consumer.onReset = (at) => router.onOffsetReset(at)
  running.push(router)
  /** The app is deleted. */
  const deleteApp = (workerGroup = 'shared-webhook') => {
    apps.clear()
    ended.add({ appId: 'app_a', companyId: COMPANY, epoch: 1, workerGroup })
    router.onConfiguration()
  }
  return { log, consumer, router, readiness, registry, groups, apps, rests, deleteApp }
}

function publish(log: InMemoryRouterLog, from: number, to: number): void {
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

const delivered = (log: InMemoryRouterLog): string[] =>
  log.records({ topic: topics.deliveries('shared-webhook'), partition: 0 }).map((record) => {
    const epoch = String(record.headers['hooklane-stream-epoch'])
    if (record.value === null) return `end of ${epoch} at ${String(record.headers['hooklane-sequence'])}`
    const value = JSON.parse(String(record.value)) as { id: string; order: { sequence: number } }
    return `${value.order.sequence} ${value.id}`
  })

const expected = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1} evt_${n + 1}`)

async function eventually(holds: () => void | Promise<void>, withinMs = 3000): Promise<void> {
  const untilMs = performance.now() + withinMs
  for (;;) {
    try {
      await holds()
      return
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

describe('EventRouter', () => {
  it('shuts the predecessor out, marks the end, restores, and only then reads the offset', async () => {
    const { log, consumer, router, readiness } = world()
    publish(log, 1, 20)
    await router.start()
    expect(readiness.isReady).toBe(false)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(20)))
    expect(log.trace.slice(0, 5)).toEqual(['fence', 'end record', 'seek t.router.state 0', 'offset', 'seek t.events 0'])
    expect(log.committed).toBe(20n)
    expect(readiness.isReady).toBe(true)
  })

  it.each(['lostBefore', 'lostAfter'] as const)(
    'has no hole and no copy after a transaction that was %s',
    async (fault) => {
      const { log, consumer, router } = world()
      publish(log, 1, 10)
      log.fault = fault
      await router.start()
      consumer.assign(EVENTS, STATE)
      await eventually(() => expect(delivered(log)).toEqual(expected(10)))
      publish(log, 11, 12)
      await eventually(() => expect(delivered(log)).toEqual(expected(12)))
      expect(log.epoch).toBe(2)
    },
  )

  it.each([2n, 10n])('goes on where it was after a rejoin, though the group has committed %s', async (committed) => {
    const { log, consumer, router } = world()
    publish(log, 1, 9)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    log.committed = committed
    consumer.assign(EVENTS, STATE)
    publish(log, 10, 11)
    await eventually(() => expect(delivered(log)).toEqual(expected(11)))
    expect(log.epoch).toBe(1)
  })

  it('reads the state from its beginning when a rejoin interrupts the restore', async () => {
    const log = new InMemoryRouterLog()
    const first = world(log)
    publish(log, 1, 30)
    await first.router.start()
    first.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(30))
    await first.router.stop()

    const second = world(log)
    publish(log, 31, 33)
    await second.router.start()
    second.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(log.trace.filter((step) => step === 'seek t.router.state 0')).toHaveLength(2))
    second.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(33)))
    expect(log.trace.filter((step) => step === 'seek t.router.state 0')).toHaveLength(3)
  })

  it('leaves a partition alone that was taken away, and takes it up again', async () => {
    const { log, consumer, router, readiness } = world()
    publish(log, 1, 5)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(5))
    consumer.assign()
    expect(readiness.isReady).toBe(true)
    publish(log, 6, 8)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(8)))
    expect(log.epoch).toBe(2)
  })

  it('does not shut a rightful owner out before a heartbeat confirmed its own assignment', async () => {
    const { log, consumer, router } = world()
    publish(log, 1, 3)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    await log.openWriter()
    publish(log, 4, 6)
    // A negative has no event to wait for: two rounds of taking a partition over (300 ms each) pass without one.
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect([log.epoch, delivered(log).length]).toEqual([2, 3])
    consumer.heartbeatMs = performance.now()
    await eventually(() => expect(delivered(log)).toEqual(expected(6)))
    expect(log.epoch).toBe(3)
  })

  it('waits for a worker group that is not known yet, without losing or reordering', async () => {
    const { log, consumer, router, groups, registry } = world()
    groups.clear()
    publish(log, 1, 5)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () =>
      expect(await registry.getSingleMetricAsString('hooklane_router_partitions')).toContain('waiting'),
    )
    expect(delivered(log)).toEqual([])
    groups.add('shared-webhook')
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
  })

  it('ends the wait for a worker group when the app is deleted', async () => {
    const { log, consumer, router, groups, apps, registry } = world()
    groups.clear()
    publish(log, 1, 5)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () =>
      expect(await registry.getSingleMetricAsString('hooklane_router_partitions')).toContain('waiting'),
    )
    apps.clear()
    await eventually(() => expect(log.committed).toBe(5n))
    expect(delivered(log)).toEqual([])
  })

  it('waits longer and longer for a batch that fails, whatever is routed before it, and is not ready meanwhile', async () => {
    const { log, consumer, router, readiness, rests } = world()
    publish(log, 1, 9)
    log.poison = 7n
    // After the first failure smaller batches succeed before the place that failed.
    consumer.fetches.push(3, 3, 3, 1, 3)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(rests).toEqual([300, 600, 1_200]))
    const since = readiness.said.slice(readiness.said.findIndex(({ detail }) => detail.includes('connection lost')))
    expect(since.filter(({ ready }) => ready)).toEqual([])
    expect(since.at(-1)?.detail).toContain(`partition ${PARTITION} is tried again: connection lost`)
    log.poison = null
    await eventually(() => expect(delivered(log)).toEqual(expected(9)))
    await eventually(() => expect(readiness.isReady).toBe(true))
  })

  it('ends the stream of a deleted app once, also when no event comes any more, whatever becomes of the router', async () => {
    const log = new InMemoryRouterLog()
    const first = world(log)
    publish(log, 1, 3)
    await first.router.start()
    first.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    first.deleteApp()
    const ended = [...expected(3), 'end of 1 at 3']
    await eventually(() => expect(delivered(log)).toEqual(ended))
    expect(log.committed).toBe(3n)
    await first.router.stop()

    const second = world(log)
    second.deleteApp()
    await second.router.start()
    second.consumer.assign(EVENTS, STATE)
    publish(log, 4, 5)
    await eventually(() => expect(log.committed).toBe(5n))
    expect(delivered(log)).toEqual(ended)
  })

  it('opens another writer when a worker group is gone that the old one has written to', async () => {
    const { log, consumer, router, groups, deleteApp } = world()
    publish(log, 1, 3)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    groups.add('shared-other')
    groups.delete('shared-other')
    router.onConfiguration()
    publish(log, 4, 4)
    await eventually(() => expect(delivered(log)).toHaveLength(4))
    expect(log.epoch).toBe(1)
    deleteApp()
    await eventually(() => expect(delivered(log)).toHaveLength(5))
    groups.clear()
    router.onConfiguration()
    await eventually(() => expect(log.epoch).toBe(2))
    publish(log, 5, 6)
    await eventually(() => expect(log.committed).toBe(6n))
  })

  it('opens another writer as soon as it has ended the stream of a dedicated group, before the topic can go', async () => {
    const { log, consumer, router, groups, deleteApp } = world()
    groups.add('dedicated-app-a-1')
    publish(log, 1, 3)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(log.committed).toBe(3n))
    expect(log.epoch).toBe(1)
    deleteApp('dedicated-app-a-1')
    await eventually(() => expect(log.epoch).toBe(2))
    expect(log.records({ topic: topics.deliveries('dedicated-app-a-1'), partition: 0 })).toHaveLength(1)
    publish(log, 4, 5)
    await eventually(() => expect(log.committed).toBe(5n))
    expect(log.epoch).toBe(2)
  })

  it('tries again when a topic is missing', async () => {
    const { log, consumer, router, registry } = world()
    publish(log, 1, 5)
    log.fault = 'missingTopic'
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
    expect(await registry.metrics()).toMatch(/router_incidents_total\{kind="topic_missing".*\} 1/)
  })

  it('refuses to number anew when its state is gone', async () => {
    const { log, consumer, router, readiness, registry } = world()
    publish(log, 1, 5)
    log.committed = 3n
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () => expect(await registry.metrics()).toMatch(/kind="state_lost"/))
    expect(delivered(log)).toEqual([])
    expect(readiness.isReady).toBe(false)
  })

  it('says what expired before it was routed, in its place and once, whatever becomes of the transaction', async () => {
    const { log, consumer, router, registry } = world()
    publish(log, 1, 5)
    await router.start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
    consumer.assign()
    publish(log, 6, 12)
    log.low = 9n
    log.fault = 'lostAfter'
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    const resync = delivered(log)[5]
    expect(resync).toMatch(/^6 evt_/)
    expect(delivered(log)).toEqual([...expected(5), resync, '7 evt_10', '8 evt_11', '9 evt_12'])
    expect(await registry.metrics()).toMatch(/router_incidents_total\{kind="events_expired".*\} 1/)
    consumer.assign()
    consumer.assign(EVENTS, STATE)
    publish(log, 13, 13)
    await eventually(() => expect(delivered(log).slice(9)).toEqual(['10 evt_13']))
  })

  it('says what expired while it was behind, after what it had read before', async () => {
    const { log, consumer, router, groups } = world()
    groups.clear()
    publish(log, 1, 5)
    await router.start()
    consumer.assign(EVENTS, STATE)
    // It waits for the group, and has read what there is.
    await eventually(() => expect(consumer.positions.get(keyOf(EVENTS))).toBe(5n))
    log.low = 9n
    publish(log, 6, 12)
    groups.add('shared-webhook')
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    const ids = delivered(log).map((one) => one.split(' ')[1])
    expect(ids.slice(0, 5)).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5'])
    expect(ids.slice(6)).toEqual(['evt_10', 'evt_11', 'evt_12'])
  })

  it('does not route half a partition', async () => {
    const { log, consumer, router } = world()
    publish(log, 1, 2)
    await router.start()
    consumer.assign(EVENTS)
    expect(log.epoch).toBe(0)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(2)))
  })
})
