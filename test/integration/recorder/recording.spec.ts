import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import type { ServiceProcess } from '../support/service-process.js'
import { RecorderWorld } from './recorder-world.js'

const WITHIN = { withinMs: 45_000 }

describe('a recorder', () => {
  let world: RecorderWorld
  let recorder: ServiceProcess
  beforeAll(async () => {
    world = await RecorderWorld.create()
    recorder = await world.start()
  })
  afterAll(async () => world.close())

  it('shows an attempt as soon as it is read', async () => {
    await world.publish(world.delivered('quick', 1, 1))
    await eventually(async () => expect(await world.deliveries('quick')).toHaveLength(1), WITHIN)
    expect(await world.deliveries('quick')).toEqual([
      expect.objectContaining({ sequence: 1, status: 'delivered', attempts: 1, settled: true, last_status: 200 }),
    ])
  })

  it('takes several records of one delivery in one batch, and the newest says its state', async () => {
    await world.publish(
      world.attempt('several', 1, 1),
      world.attempt('several', 1, 2),
      world.delivered('several', 1, 3),
      world.attempt('several', 2, 1),
      world.settlement('several', 3, 'filtered', 'deleted'),
    )
    await eventually(async () => expect(await world.deliveries('several')).toHaveLength(3), WITHIN)
    expect(await world.deliveries('several')).toEqual([
      expect.objectContaining({ sequence: 1, status: 'delivered', attempts: 3, settled: true, reason: null }),
      expect.objectContaining({ sequence: 2, status: 'retrying', attempts: 1, settled: false, reason: 'http_503' }),
      expect.objectContaining({ sequence: 3, status: 'filtered', attempts: 0, settled: true, reason: 'deleted' }),
    ])
    expect(await world.attempts('several')).toEqual(['1/1', '1/2', '1/3', '2/1', '3/0'])
  })

  it('ignores copies, in a batch and later, and never reopens what is settled', async () => {
    const first = world.attempt('copied', 1, 1)
    const last = world.delivered('copied', 1, 2)
    await world.publish(first, first, last)
    await eventually(async () => expect(await world.attempts('copied')).toEqual(['1/1', '1/2']), WITHIN)
    const after = await world.deliveries('copied')
    await world.publish(first, world.delivered('copied', 2, 1))
    await eventually(async () => expect(await world.deliveries('copied')).toHaveLength(2), WITHIN)
    expect((await world.deliveries('copied'))[0]).toEqual(after[0])
    expect(await world.attempts('copied')).toEqual(['1/1', '1/2', '2/1'])
  })

  it('leaves delivered what was delivered, whatever a dispatcher that woke too late reports', async () => {
    const late = (sequence: number) => world.settlement('late', sequence, 'dropped', 'http_422')
    await world.publish(world.delivered('late', 1, 1), late(1), late(2), world.delivered('late', 2, 1))
    await world.publish(world.delivered('late', 3, 1))
    await eventually(async () => expect(await world.deliveries('late')).toHaveLength(3), WITHIN)
    await world.publish(late(3), world.delivered('late', 4, 1))
    await eventually(async () => expect(await world.deliveries('late')).toHaveLength(4), WITHIN)
    expect((await world.deliveries('late')).map(({ status }) => status)).toEqual(Array(4).fill('delivered'))
  })

  it('files each delivery under the UTC day of its routing, in whatever order days come', async () => {
    const routed = ['2026-03-05T00:00:00.000Z', '2026-02-27T23:59:59.999Z', '2026-03-04T12:00:00.000Z']
    await world.publish(...routed.map((routedAt, at) => world.delivered('days', at + 1, 1, { routedAt })))
    await eventually(async () => {
      expect((await world.deliveries('days')).map(({ day }) => day)).toEqual(['2026-03-05', '2026-02-27', '2026-03-04'])
    }, WITHIN)
  })

  it('keeps dead letters whole, the newest of each delivery', async () => {
    await world.publish(
      world.deadLetter('dead', 1),
      world.deadLetter('dead', 1, { attempts: 4, delivery: { text: 'nul \0 and half \ud800 a pair' } }),
      world.deadLetter('dead', 2),
    )
    const letters = () =>
      world.database.query<{ sequence: number; attempts: number; record: string }>(
        `SELECT sequence::int, attempts, record FROM hooklane.dead_letter WHERE app_id = 'dead' ORDER BY sequence`,
      )
    await eventually(async () => expect(await letters()).toHaveLength(2), WITHIN)
    const [first] = await letters()
    expect(first).toMatchObject({ sequence: 1, attempts: 4 })
    expect(JSON.parse(first?.record ?? '')).toMatchObject({ delivery: { text: 'nul \0 and half \ud800 a pair' } })
  })

  it('stores what receivers and upstream services write, NUL and halves of pairs included', async () => {
    const response = { status: 200, headers: { 'x-\0': '\ud83d' }, body: 'nul \0 half \udc00 whole 😀' }
    await world.publish(world.delivered('odd', 1, 1, { response, entity: { type: 'product', id: 'a\ud800b' } }))
    await eventually(async () => expect(await world.attempts('odd')).toEqual(['1/1']), WITHIN)
    const rows = await world.database.query(`SELECT response_body AS body FROM hooklane.attempt WHERE app_id = 'odd'`)
    expect(rows).toEqual([{ body: 'nul \ufffd half \ufffd whole 😀' }])
  })

  it('puts what it cannot read, and what the database refuses, into quarantine; the rest is written', async () => {
    const good = [1, 2, 3, 4].map((sequence) => world.delivered('mixed', sequence, 1))
    const [first, second, third, fourth] = good
    if (!first || !second || !third || !fourth) throw new Error('four records')
    const tooLarge = world.delivered('mixed', 9, 3_000_000_000, { startedAt: '2026-03-02T10:00:00Z' })
    await world.publish(
      first,
      { ...second, headers: {} },
      second,
      { ...third, value: '{"half' },
      tooLarge,
      third,
      { ...third, value: null },
      fourth,
    )
    await eventually(async () => expect(await world.attempts('mixed')).toEqual(['1/1', '2/1', '3/1', '4/1']), WITHIN)
    await eventually(() => expect(world.quarantined()).toHaveLength(4), WITHIN)
    const reasons = world.quarantined().map(({ reason }) => reason)
    expect(reasons).toEqual(expect.arrayContaining(['no_schema', 'refused:22003']))
    expect(
      world
        .quarantined()
        .find(({ reason }) => reason === 'refused:22003')
        ?.value?.toString(),
    ).toBe(tooLarge.value)
    expect(await recorder.metric('quarantined_total')).toBe(4)
    const skipped = (await recorder.skipped()).map(({ reason, count }) => [reason, count])
    expect(skipped).toEqual(
      expect.arrayContaining([
        ['no_schema', 1],
        ['refused', 1],
      ]),
    )
    expect(skipped.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(4)
  })
})
