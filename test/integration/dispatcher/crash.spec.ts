import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { AttemptRecord } from '@hooklane/contracts/records'
import { eventually, OK, status } from '@hooklane/testing'
import { DispatchWorld, SHORT_TIMEOUT } from './dispatch-world.js'

const WITHIN = { withinMs: 45_000 }
const INTERVAL_MS = 2_500
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

/** Each number as often as it came in a row. */
const firsts = (sequences: readonly number[]): number[] => sequences.filter((n, at) => sequences.indexOf(n) === at)

describe('dispatchers that die, freeze and end', () => {
  let world: DispatchWorld
  beforeAll(async () => {
    world = await DispatchWorld.create()
  })
  afterEach(async () => world.endAll('SIGTERM'))
  afterAll(async () => world.close())

  it('keeps schedule and attempt number of a failing lane over kill -9', async () => {
    const first = await world.startWithShortLease()
    await world.app('scheduled', {
      ...SHORT_TIMEOUT,
      retry: { attempts: 4, intervalMs: INTERVAL_MS, jitter: 0, on: 'any' },
    })
    world.receiver.script('/scheduled', [status(500), status(500), status(500), { kind: 'hang' }, OK])
    await world.deliver('scheduled', 2)
    await world.received('scheduled', 2)
    const firstAttemptMs = await firstAttemptAfter(2)
    await first.end('SIGKILL')
    await world.start()
    await world.received('scheduled', 4)
    const [restarted] = await world.database.query<{ ms: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
    )
    // The instant wanders by what a save and a load take, which is much less than what lies between the first attempt and now.
    const wanderedMs = (await firstAttemptAfter(3)) - firstAttemptMs
    expect(Math.abs(wanderedMs)).toBeLessThan((restarted!.ms - firstAttemptMs) / 4)
    world.receiver.releaseHanging()
    await world.received('scheduled', 5)
    expect(world.sequences('scheduled')).toEqual([1, 1, 1, 1, 2])
    const attempts = await eventually(() => {
      const reported = world.attempts('scheduled') as AttemptRecord[]
      expect(reported.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 1])
      return reported
    }, WITHIN)
    // Due while nobody held the lease, so the third came as soon as somebody did; the fourth is due later.
    const dueMs = attempts.map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? ''))
    // The fourth is due three intervals after the first, however late the third came. What a save and a load take only moves it back. A
    // millisecond is lost where instants are cut to milliseconds.
    const [firstMs, , , fourthMs] = attempts.map(({ startedAt }) => Date.parse(startedAt))
    expect(fourthMs! - firstMs!).toBeGreaterThanOrEqual(3 * INTERVAL_MS - 1)
    expect(dueMs[2]).toBeGreaterThan(Date.parse(attempts[2]!.startedAt) + 100)
  })

  /** When the first attempt of the failing delivery was, as it was saved after this many attempts. */
  const firstAttemptAfter = (attempts: number): Promise<number> =>
    eventually(async () => {
      const rows = await world.database.query<{ attempt: number; ms: number }>(
        `SELECT attempt, extract(epoch FROM first_attempt_at)::float8 * 1000 AS ms FROM hooklane.lane WHERE app_id = 'scheduled'`,
      )
      expect(rows.map(({ attempt }) => attempt)).toEqual([attempts])
      return rows[0]!.ms
    }, WITHIN)

  it('repeats after kill -9 nothing but what was settled since the last save', async () => {
    await world.app('killed', SHORT_TIMEOUT)
    const first = await world.startWithShortLease({ SAVE_INTERVAL_MS: '500' })
    world.receiver.script('/killed', { kind: 'delay', ms: 10, then: OK })
    await world.deliver('killed', 300)
    await world.received('killed', 150)
    const saved = Number(
      (
        await world.database.query<{ n: string }>(
          'SELECT main_offset AS n FROM hooklane.partition_owner WHERE partition = 0',
        )
      )[0]?.n,
    )
    await first.end('SIGKILL')
    const killedAt = world.requests('killed').length
    await world.start()
    await eventually(() => expect(world.sequences('killed').at(-1)).toBe(300), WITHIN)
    const sequences = world.sequences('killed')
    expect(firsts(sequences)).toEqual(upTo(300))
    const repeated = sequences.slice(killedAt)
    expect(repeated).toEqual(upTo(300).slice((repeated[0] ?? 0) - 1))
    const copies = sequences.length - 300
    expect(copies).toBeGreaterThan(0)
    // Half a second of a lane that settles one in some 12 ms, and the save that was under way.
    expect(copies).toBeLessThan(100)
    expect(saved).toBeGreaterThan(0)
    expect(world.receiver.overlapsAt('/killed').length).toBeLessThanOrEqual(1)
  })

  it('ends on SIGTERM under load without a duplicate; leases are free and a new process goes on at once', async () => {
    const first = await world.start()
    const apps = ['term_0', 'term_1', 'term_2']
    for (const app of apps) {
      await world.app(app)
      world.receiver.script(`/${app}`, { kind: 'delay', ms: 15, then: OK })
    }
    const [successor] = await Promise.all([
      (async () => {
        await Promise.all(apps.map((app, partition) => world.deliver(app, 200, { partition })))
        await world.received('term_1', 30)
        const started = performance.now()
        expect(await first.end('SIGTERM')).toBe(0)
        // Far from the lapse of a lease (40 s): they were given back.
        expect(performance.now() - started).toBeLessThan(30_000)
        expect(await world.owners()).toEqual([null, null, null])
        return world.start()
      })(),
    ])
    for (const app of apps) {
      await world.received(app, 200)
      expect(world.sequences(app)).toEqual(upTo(200))
      expect(world.receiver.overlapsAt(`/${app}`)).toEqual([])
    }
    expect(await successor.end('SIGTERM')).toBe(0)
    expect(await world.owners()).toEqual([null, null, null])
  })

  it('hands partitions over while a second dispatcher joins and leaves: no overlap, no copy, nothing lost', async () => {
    const apps = ['join_0', 'join_1', 'join_2', 'join_3', 'join_4', 'join_5']
    for (const app of apps) {
      await world.app(app)
      world.receiver.script(`/${app}`, { kind: 'delay', ms: 15, then: OK })
    }
    const first = await world.start()
    const partitionOf = (app: string) => ({ partition: apps.indexOf(app) % 3 })
    await Promise.all(apps.map((app) => world.deliver(app, 150, partitionOf(app))))
    await world.received('join_5', 10)
    const second = await world.start()
    await eventually(async () => {
      expect(await second.metric('partitions_owned')).toBeGreaterThan(0)
      expect((await first.metric('partitions_owned')) + (await second.metric('partitions_owned'))).toBe(3)
    }, WITHIN)
    await Promise.all(apps.map((app) => world.deliver(app, 150, partitionOf(app))))
    const countOf = world.requests('join_0').length
    await world.received('join_0', countOf + 10)
    expect(await second.end('SIGTERM')).toBe(0)
    for (const app of apps) {
      await world.received(app, 300)
      expect(world.sequences(app)).toEqual(upTo(300))
      expect(world.receiver.overlapsAt(`/${app}`)).toEqual([])
    }
    expect(await first.metric('fenced_total')).toBe(0)
  })

  it('lets a frozen process find out on waking that another one holds its lease', async () => {
    await world.app('frozen', SHORT_TIMEOUT)
    world.receiver.script('/frozen', { kind: 'delay', ms: 20, then: OK })
    const first = await world.startWithShortLease()
    await world.deliver('frozen', 150)
    await world.received('frozen', 20)
    first.child.kill('SIGSTOP')
    await world.start()
    await eventually(() => expect(world.sequences('frozen').at(-1)).toBe(150), WITHIN)
    const whileFrozen = world.requests('frozen').length
    first.child.kill('SIGCONT')
    // Its own clock (the lease has lapsed) or the store (fenced) tells it: either way it gives up what it held.
    await eventually(async () => expect(await first.metric('partitions_owned')).toBeLessThan(3), WITHIN)
    await world.deliver('frozen', 10)
    await eventually(() => expect(world.sequences('frozen').at(-1)).toBe(160), WITHIN)
    expect(firsts(world.sequences('frozen'))).toEqual(upTo(160))
    // One request may have been under way when it froze; it sends nothing of its own after waking.
    expect(world.sequences('frozen').slice(whileFrozen)).toEqual(upTo(160).slice(150))
  })

  it('pauses a partition at SPREAD_MAX and goes on when the slow head is settled', async () => {
    const dispatcher = await world.start({ SPREAD_MAX: '100' })
    await world.app('slow', { timeoutMs: 20_000 })
    await world.app('behind')
    world.receiver.script('/slow', [{ kind: 'hang' }, OK])
    await world.deliver('slow', 1, { partition: 1 })
    await world.received('slow', 1)
    // In several requests, because what one fetch brought is filed in full.
    for (let at = 0; at < 10; at++) {
      await world.deliver('behind', 100, { partition: 1 })
      if (at < 2) await eventually(() => expect(world.requests('behind').length).toBeGreaterThan(90), WITHIN)
    }
    await eventually(async () => expect(await dispatcher.metric('position_spread')).toBeGreaterThan(100), WITHIN)
    const settled = world.requests('behind').length
    expect(settled).toBeLessThan(1_000)
    world.receiver.releaseHanging()
    await world.received('behind', 1_000)
    expect(world.sequences('behind')).toEqual(upTo(1_000))
  })
})
