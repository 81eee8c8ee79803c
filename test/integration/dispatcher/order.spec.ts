import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually, OK, status } from '@hooklane/testing'
import type { ServiceProcess } from '../support/service-process.js'
import { DispatchWorld } from './dispatch-world.js'

const WITHIN = { withinMs: 45_000 }
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

describe('a dispatcher', () => {
  let world: DispatchWorld
  let dispatcher: ServiceProcess
  beforeAll(async () => {
    world = await DispatchWorld.create()
    dispatcher = await world.start()
  })
  afterAll(async () => world.close())

  it('delivers in order and one at a time per app, and different apps side by side', async () => {
    const apps = ['steady_1', 'steady_2', 'steady_3']
    for (const app of apps) {
      await world.app(app)
      world.receiver.script(`/${app}`, { kind: 'delay', ms: 5, then: OK })
    }
    await Promise.all(apps.map((app, partition) => world.deliver(app, 40, { partition: partition % 2 })))
    for (const app of apps) {
      await world.received(app, 40)
      expect(world.sequences(app)).toEqual(upTo(40))
      expect(world.receiver.overlapsAt(`/${app}`)).toEqual([])
    }
    const [first, second] = apps.map((app) => world.requests(app))
    expect(first?.at(-1)?.startedMs).toBeGreaterThan(second?.at(0)?.endedMs ?? Infinity)
    expect(second?.at(-1)?.startedMs).toBeGreaterThan(first?.at(0)?.endedMs ?? Infinity)
    expect(world.bodies('steady_1').map((body) => [body.order.previous, body.order.skipped])).toEqual(
      upTo(40).map((n) => [n - 1, []]),
    )
  })

  it('lets a failing app wait with everything behind its head, while neighbours in the same partition go on', async () => {
    await world.app('failing', { retry: { attempts: 100, intervalMs: 300, jitter: 0, on: 'any' } })
    await world.app('neighbour')
    world.receiver.script('/failing', status(503))
    await world.deliver('failing', 5)
    await world.received('failing', 2)
    await world.deliver('neighbour', 30)
    await world.received('neighbour', 30)
    expect(world.sequences('neighbour')).toEqual(upTo(30))
    await world.received('failing', 4)
    expect(new Set(world.sequences('failing'))).toEqual(new Set([1]))
    world.receiver.script('/failing', OK)
    await eventually(() => expect(world.sequences('failing').slice(-4)).toEqual([2, 3, 4, 5]), WITHIN)
    expect(world.receiver.overlapsAt('/failing')).toEqual([])
    // The row that held the schedule goes when nothing needs it any more.
    await eventually(async () => expect(await laneRow('failing')).toBeUndefined(), WITHIN)
  })

  it('sends a delivery that is used up to the dead letters, and tells the next one the same on every attempt', async () => {
    await world.app('dead', { retry: { attempts: 2, intervalMs: 150, jitter: 0, on: 'any' } })
    world.receiver.script('/dead', (_request, count) => (count === 1 || count > 4 ? OK : status(422)))
    await world.deliver('dead', 4)
    await world.received('dead', 6)
    // 1 accepted, 2 refused twice, 3 refused once and then accepted, 4 accepted.
    expect(world.sequences('dead')).toEqual([1, 2, 2, 3, 3, 4])
    const third = world.bodies('dead').filter((body) => body.order.sequence === 3)
    for (const body of third) {
      expect(body.order.previous).toBe(1)
      expect(body.order.skipped).toEqual([
        expect.objectContaining({ sequence: 2, status: 'deadLettered', reason: 'http_422' }),
      ])
    }
    expect(world.requests('dead')[3]?.body.equals(world.requests('dead')[4]?.body ?? Buffer.of())).toBe(true)
    expect(world.bodies('dead').at(-1)?.order).toMatchObject({ previous: 3, skipped: [] })
    await eventually(() => expect(world.deadLetters('dead').map((letter) => letter.sequence)).toEqual([2]), WITHIN)
    expect(world.deadLetters('dead')[0]).toMatchObject({
      attempts: 2,
      reason: 'http_422',
      delivery: { id: 'evt_dead_2' },
    })
  })

  it('settles what a disabled subscription gets as dropped, and what a deleted one gets as filtered', async () => {
    await world.app('off')
    await world.deliver('off', 1)
    await world.received('off', 1)
    await world.subscription('off', {}, { enabled: false })
    await world.deliver('off', 2)
    await eventually(() => expect(statuses('off')).toEqual(['delivered', 'dropped', 'dropped']), WITHIN)
    await world.configure('subscription', 'sub_off', null)
    await world.deliver('off', 1, { subscriptionVersion: 1n })
    await eventually(() => expect(statuses('off')).toEqual(['delivered', 'dropped', 'dropped', 'filtered']), WITHIN)
    await world.subscription('off')
    await world.deliver('off', 1)
    await world.received('off', 2)
    expect(world.bodies('off')[1]?.order).toMatchObject({
      sequence: 5,
      previous: 1,
      skipped: [
        { sequence: 2, status: 'dropped', reason: 'subscription_disabled' },
        { sequence: 3, status: 'dropped' },
        { sequence: 4, status: 'filtered', reason: 'deleted' },
      ],
    })
  })

  it('waits with a head that is ahead of the configuration until that was read', async () => {
    await world.app('ahead')
    await world.app('present')
    const version = await world.subscription('ahead')
    await world.deliver('ahead', 1, { subscriptionVersion: version + 1n })
    await world.deliver('present', 5)
    await world.received('present', 5)
    expect(world.requests('ahead')).toEqual([])
    const written = performance.now()
    expect(await world.subscription('ahead')).toBe(version + 1n)
    await world.received('ahead', 1)
    // The record wakes it: nothing else would before half a lease is over.
    expect((world.requests('ahead')[0]?.startedMs ?? 0) - written).toBeLessThan(20_000)
    expect(world.sequences('ahead')).toEqual([1])
  })

  it('lets the lane wait with an alarm, and spends no attempt, when a secret cannot be opened', async () => {
    const foreign = { secrets: [{ sealed: 'v1.0123456789ab.AAAA', validUntil: null }] }
    await world.app('sealed', {}, foreign)
    await world.deliver('sealed', 2)
    await eventually(async () => {
      expect(await dispatcher.metric('dispatch_alarms_total', 'kind="cannot_unseal"')).toBe(1)
      expect(await dispatcher.metric('guard_waits_total', 'cause="sealed"')).toBeGreaterThan(1)
    }, WITHIN)
    expect(world.requests('sealed')).toEqual([])
    await world.subscription('sealed')
    await world.received('sealed', 2)
    expect(world.requests('sealed')[0]?.headers['webhook-attempt'] ?? '1').toMatch(/^1/)
    await eventually(() => expect(world.attempts('sealed')).toMatchObject([{ attempt: 1 }, { attempt: 1 }]), WITHIN)
  })

  it('comes back when a receiver that is busy says, without spending an attempt', async () => {
    await world.app('busy', { retry: { attempts: 2, intervalMs: 100, jitter: 0, on: 'any' } })
    world.receiver.script('/busy', [
      status(429, { 'retry-after': '1' }),
      status(429, { 'retry-after': '1' }),
      status(500),
      OK,
    ])
    await world.deliver('busy', 2)
    await world.received('busy', 5)
    const requests = world.requests('busy')
    for (const at of [1, 2])
      expect((requests[at]?.startedMs ?? 0) - (requests[at - 1]?.endedMs ?? 0)).toBeGreaterThanOrEqual(990)
    expect(world.sequences('busy')).toEqual([1, 1, 1, 1, 2])
    await eventually(() => {
      const attempts = world.attempts('busy') as { attempt: number; decision: string }[]
      expect(attempts.map(({ attempt, decision }) => [attempt, decision])).toEqual([
        [1, 'defer'],
        [1, 'defer'],
        [1, 'retry'],
        [2, 'delivered'],
        [1, 'delivered'],
      ])
    }, WITHIN)
  })

  it('puts records that it cannot read into quarantine and goes on with the partition', async () => {
    await world.app('poisoned')
    const broken = { ...world.record('poisoned'), headers: { 'hooklane-schema': 'delivery/1' } }
    const first = world.record('poisoned')
    await world.kafka.producer.publishAll([first, broken, { ...first, key: null }, world.record('poisoned')])
    await world.received('poisoned', 2)
    expect(world.sequences('poisoned')).toEqual([2, 3])
    await eventually(() => expect(world.quarantined()).toHaveLength(2), WITHIN)
    expect(world.quarantined().map(({ reason, value }) => [reason, String(value)])).toEqual([
      ['header:hooklane-kind', String(broken.value)],
      ['no_key', String(first.value)],
    ])
    expect((await dispatcher.skipped()).map(({ reason, count, lastKey }) => [reason, count, lastKey])).toEqual(
      expect.arrayContaining([
        ['header', 1, expect.stringMatching(/^partition \d offset \d+, key poisoned, hooklane-kind$/)],
        ['no_key', 1, expect.stringMatching(/^partition \d offset \d+$/)],
      ]),
    )
  })

  it('writes one line for each attempt, without a secret in it', async () => {
    await world.app(
      'logged',
      {},
      {
        target: {
          url: world.receiver.url('/logged?token=hidden-in-the-url'),
          method: 'POST',
          headers: [{ name: 'x-key', sealed: world.seal('hidden-in-a-header', 'cmp_1/sub_logged/header') }],
        },
      },
    )
    await world.deliver('logged', 1)
    await world.received('logged', 1)
    expect(world.requests('logged')[0]?.headers['x-key']).toBe('hidden-in-a-header')
    await eventually(() => {
      const lines = dispatcher.lines().filter((line) => line.app === 'logged')
      expect(lines).toEqual([
        expect.objectContaining({ message: 'attempt', sequence: '1', attempt: 1, result: 'accepted', httpStatus: 200 }),
      ])
    }, WITHIN)
    await eventually(() => expect(world.attempts('logged')).toHaveLength(1), WITHIN)
    const everything = dispatcher.log.join('\n') + JSON.stringify(world.attempts('logged'))
    expect(everything).not.toContain('hidden-in')
    expect(everything).not.toContain('whsec_')
  })

  const statuses = (app: string): string[] => world.attempts(app).map((record) => record.status)
  const laneRow = async (app: string): Promise<object | undefined> =>
    (await world.database.query<object>('SELECT * FROM hooklane.lane WHERE app_id = $1', [app]))[0]
})
