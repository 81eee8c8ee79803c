import { describe, expect, it } from '@jest/globals'
import type { EntityEvent } from '@hooklane/contracts/public'
import type { RouterStateRecord } from '@hooklane/contracts/records'
import fc from 'fast-check'
import { ConfigurationView } from '../configuration/configuration-view.js'
import { isOfEndedCompany } from '../kernel/identity/company-incarnation.js'
import type { LogRecord } from '../kernel/log/log.js'
import { partitionOfKey } from '../kernel/partition/murmur2.js'
import { PartitionRouter } from './partition-router.js'
import { PartitionState } from './partition-state.js'
import { isEmptyBatch, routeBatch, type RoutedBatch } from './route-batch.js'
import { ServiceModel, type EndOrder } from './service-model.fixture.js'

const NOW = '2026-03-02T08:15:04.190Z'
const CHUNKS = 2

const settings = {
  partitions: 1,
  maxEventBytes: 4096,
  maxHops: 3,
  schema: { header: 'hooklane-schema', value: 'event/1' },
  decode: (bytes: Uint8Array | null) => ({ ok: true as const, value: JSON.parse(String(bytes)) as EntityEvent }),
}

const keyOf = (state: RouterStateRecord): string => {
  if (state.kind === 'app') return `app:${state.appId}`
  if (state.kind === 'position') return state.kind
  return `seen:${state.companyId}:${state.incarnation ?? 1}:${state.producer}:${state.chunk % CHUNKS}`
}

/** A record on a topic of a worker group: a delivery, or the end of a stream. */
interface Published {
  readonly appId: string
  readonly companyId: string
  readonly workerGroup: string
  readonly epoch: number
  readonly sequence: bigint
  /** Null: the end. */
  readonly event: EntityEvent | null
  readonly incarnation: number
}

/**
 * The service, the topic `events`, a router that may lag, lose a transaction or be replaced, and the delivery log, whose records come at
 * any time.
 */
class World {
  readonly service = new ServiceModel()
  readonly events: LogRecord[] = []
  readonly published: Published[] = []
  readonly quarantined: string[] = []
  readonly log: Published[] = []
  private readonly state = new Map<string, RouterStateRecord>()
  private view = new ConfigurationView()
  private read = 0
  private router = this.restored()
  private numbers = 0

  /** The same id and number as long as the company is the same one: a producer starts counting over for another one. */
  publish(companyId: string): void {
    const n = this.service.incarnation(companyId) * 1000 + ++this.numbers
    const event = {
      id: `evt_${this.numbers}`,
      producer: 'pim',
      type: 'products.updated',
      companyId,
      entity: { type: 'product', id: `${companyId}/${this.service.incarnation(companyId)}` },
      occurredAt: NOW,
      revision: { id: String(n).padStart(8, '0'), operation: 'update' },
      data: null,
    }
    this.events.push({
      topic: 'events',
      partition: partitionOfKey(Buffer.from(companyId), 1),
      offset: BigInt(this.events.length),
      key: Buffer.from(companyId),
      value: Buffer.from(JSON.stringify(event)),
      headers: {},
      timestampMs: 0,
    })
  }

  /** The router reads this many records of the configuration more. */
  configure(records: number): void {
    const { configuration } = this.service
    for (; records > 0 && this.read < configuration.length; records--) this.view.put(configuration[this.read++]!)
  }

  route(outcome: 'commit' | 'lost' | 'restart', maxRecords: number): void {
    const next = Number(this.router.state.committedNext ?? 0n)
    const limits = { maxRecords, maxBytes: 1 << 20 }
    const context = { partition: 0, view: this.view, routedAt: NOW, limits }
    const batch = routeBatch(this.router, this.events.slice(next), context)
    if (outcome !== 'lost') this.commit(batch)
    if (outcome === 'commit') return
    // A new owner has read the configuration to its end before it routes.
    this.configure(Infinity)
    this.router = this.restored()
  }

  /** A record of one of the deliveries comes to the delivery log. */
  record(n: number): void {
    const delivery = this.published.filter(({ event }) => event !== null)[n]
    if (!delivery) return
    const record = { companyId: delivery.companyId, companyIncarnation: delivery.incarnation }
    if (!isOfEndedCompany(record, this.service.companies)) this.log.push(delivery)
  }

  deleteCompany(id: string, order?: EndOrder): void {
    this.service.deleteCompany(id, order)
    for (let at = this.log.length - 1; at >= 0; at--) if (this.log[at]!.companyId === id) this.log.splice(at, 1)
  }

  private restored(): PartitionRouter {
    return new PartitionRouter(settings, PartitionState.restored(this.state.values(), CHUNKS))
  }

  private commit(batch: RoutedBatch): void {
    if (isEmptyBatch(batch)) return
    for (const state of batch.state.forgotten) this.state.delete(keyOf(state))
    for (const state of batch.state.written) this.state.set(keyOf(state), state)
    for (const { appId, workerGroup, headers } of batch.ends) {
      const { companyId, sequence, streamEpoch: epoch } = headers
      this.published.push({ appId, companyId, workerGroup, epoch, sequence, event: null, incarnation: 0 })
    }
    for (const { appId, workerGroup, headers, value } of batch.deliveries) {
      const { companyId, sequence, streamEpoch: epoch, companyIncarnation: incarnation } = headers
      const event = JSON.parse(String(value)) as EntityEvent
      this.published.push({ appId, companyId, workerGroup, epoch, sequence, event, incarnation })
    }
    this.quarantined.push(...batch.quarantined.map(({ reason }) => reason))
  }

  /** Windows of former incarnations do not stay. */
  get rememberedIncarnations(): string[] {
    const seen = [...this.state.values()].flatMap((state) => (state.kind === 'seen' ? [state] : []))
    return [...new Set(seen.map((state) => `${state.companyId}/${state.incarnation ?? 1}`))].sort()
  }
}

const company = fc.constantFrom('cmp_a', 'cmp_a', 'cmp_b')
const app = fc.constantFrom('app_1', 'app_1', 'app_2')
const order = fc.constantFrom<EndOrder[]>('endFirst', 'endLast')
const step = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant('makeCompany' as const), company }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant('deleteCompany' as const), company, order }), weight: 1 },
  {
    arbitrary: fc.record({ do: fc.constant('makeApp' as const), company, app, isDedicated: fc.boolean() }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant('deleteApp' as const), app, order }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('publish' as const), company }), weight: 4 },
  {
    arbitrary: fc.record({ do: fc.constant('configure' as const), records: fc.integer({ min: 1, max: 8 }) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('route' as const),
      outcome: fc.constantFrom('commit' as const, 'commit' as const, 'lost' as const, 'restart' as const),
      size: fc.integer({ min: 1, max: 5 }),
    }),
    weight: 4,
  },
  { arbitrary: fc.record({ do: fc.constant('record' as const), n: fc.nat({ max: 15 }) }), weight: 4 },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function take(world: World, one: Step): void {
  switch (one.do) {
    case 'makeCompany':
      return world.service.makeCompany(one.company, world.events.length)
    case 'deleteCompany':
      return world.deleteCompany(one.company, one.order)
    case 'makeApp':
      return void world.service.makeApp(one.app, one.company, one.isDedicated)
    case 'deleteApp':
      return world.service.deleteApp(one.app, one.order)
    case 'publish':
      return world.publish(one.company)
    case 'configure':
      return world.configure(one.records)
    case 'route':
      return world.route(one.outcome, one.size)
    case 'record':
      return world.record(one.n)
  }
}

/** Runs a history to its end: everything is read, routed and recorded. */
function play(steps: readonly Step[], check: (world: World) => void = () => undefined): World {
  const world = new World()
  for (const one of [...FIRST, ...steps, ...LAST]) {
    take(world, one)
    check(world)
  }
  for (let n = 0; n < world.published.length; n++) world.record(n)
  check(world)
  return world
}

const FIRST: Step[] = [
  { do: 'makeCompany', company: 'cmp_a' },
  { do: 'makeCompany', company: 'cmp_b' },
  { do: 'makeApp', company: 'cmp_a', app: 'app_1', isDedicated: false },
]
const LAST: Step[] = [
  { do: 'configure', records: 10_000 },
  { do: 'route', outcome: 'commit', size: 10_000 },
]

describe('apps and companies that are deleted and made again', () => {
  const history = fc.array(step, { maxLength: 80, size: 'max' })
  const always = (holds: (world: World) => void) =>
    fc.assert(
      fc.property(history, (steps) => holds(play(steps))),
      { numRuns: 400 },
    )

  it('never give a number twice, nor leave one out, in whatever epoch', () => {
    always(({ published }) => {
      for (const appId of ['app_1', 'app_2']) {
        const own = published.filter((one) => one.appId === appId && one.event)
        expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, n) => BigInt(n + 1)))
        const epochs = own.map(({ epoch }) => epoch)
        expect(epochs).toEqual([...epochs].sort((a, b) => a - b))
      }
    })
  })

  it('never share an id between two companies', () => {
    always(({ published }) => {
      for (const appId of ['app_1', 'app_2']) {
        expect(new Set(published.filter((one) => one.appId === appId).map((one) => one.companyId)).size).toBeLessThan(2)
      }
    })
  })

  it('end each stream once, after its last delivery, in the same worker group, under the same number', () => {
    always(({ published, service }) => {
      for (const [at, end] of published.entries()) {
        if (end.event) continue
        const [before, behind] = [published.slice(0, at), published.slice(at + 1)]
        const isOfStream = (one: Published) => one.appId === end.appId && one.epoch <= end.epoch
        expect(behind.filter(isOfStream)).toEqual([])
        expect(before.filter((one) => one.appId === end.appId && one.event).length).toBe(Number(end.sequence))
        const ofEpoch = before.filter((one) => isOfStream(one) && one.epoch === end.epoch)
        expect(new Set([...ofEpoch, end].map((one) => one.workerGroup)).size).toBe(1)
      }
      const ended = service.configuration.filter(({ kind }) => kind === 'endedStream').map(({ id }) => id)
      const ends = published.filter(({ event }) => !event).map(({ appId, epoch }) => `${appId}/${epoch}`)
      expect([...ends].sort()).toEqual([...ended].sort())
    })
  })

  it('never route what was published for a company to one that was made after it', () => {
    always(({ published }) => {
      for (const { event, incarnation } of published) {
        // A router that has not read of the deletion yet routes to apps that are gone, which no longer want it.
        if (event) expect(Number(event.entity.id.split('/')[1])).toBeGreaterThanOrEqual(incarnation)
      }
    })
  })

  it('never show a company the deliveries of its predecessor, however late their records come', () => {
    const holds = ({ log, service }: World) => {
      for (const { companyId, incarnation } of log) {
        expect([service.has(companyId), incarnation]).toEqual([true, service.incarnation(companyId)])
      }
    }
    fc.assert(
      fc.property(history, (steps) => void play(steps, holds)),
      { numRuns: 400 },
    )
  })

  it('take what a producer sends to a company that was made again, whatever it had sent to the one before', () => {
    const world = play([])
    const send = () => {
      for (let n = 0; n < 3; n++) world.publish('cmp_a')
      take(world, LAST[0]!)
      take(world, LAST[1]!)
    }
    send()
    world.deleteCompany('cmp_a')
    world.service.makeCompany('cmp_a', world.events.length)
    world.service.makeApp('app_1', 'cmp_a', false)
    const first = world.events.slice(0, 3).map((record, n) => ({ ...record, offset: BigInt(world.events.length + n) }))
    world.events.push(...first)
    send()
    const own = world.published.filter((one) => one.incarnation === 2)
    expect(own.map(({ event }) => event?.id)).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5', 'evt_6'])
    expect(own.map(({ epoch, sequence }) => `${epoch}/${sequence}`)).toEqual(['2/4', '2/5', '2/6', '2/7', '2/8', '2/9'])
    expect(world.quarantined).toEqual([])
    expect(world.rememberedIncarnations).toEqual(['cmp_a/2'])
  })
})

describe('the epoch of the next delivery', () => {
  it.each([
    ['that of the configuration, when the app was made again', { configured: 2, epoch: 1, ended: 0 }, 2],
    ['that of the state, when the configuration knows less', { configured: 1, epoch: 3, ended: 0 }, 3],
    ['above one that has ended, whatever the configuration says', { configured: 2, epoch: 2, ended: 2 }, 3],
    ['that of the configuration, when it is above one that has ended', { configured: 5, epoch: 2, ended: 2 }, 5],
  ])('is %s, and its number is the next one', (_, { configured, epoch, ended }, expected) => {
    const record = { kind: 'app' as const, appId: 'app_1', epoch, sequence: 7, ...(ended === 0 ? {} : { ended }) }
    const state = PartitionState.restored([record], 64)
    expect(state.nextPlace('app_1', configured)).toEqual({ epoch: expected, sequence: 8n })
    expect(state.takeChanges(1n).written).toContainEqual({ ...record, epoch: expected, sequence: 8 })
  })
})
