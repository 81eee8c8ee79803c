import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { decoderOf } from '@hooklane/contracts/public'
import { AppSchema, CompanySchema, EndedStreamSchema } from '@hooklane/contracts/records'
import { eventually } from '@hooklane/testing'
import { CompanyErasure } from '../../../apps/subscription-service/src/companies/company-erasure.js'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('what is deleted and made again', () => {
  let world: ApiWorld
  let n = 0
  let ids: { readonly a: string; readonly b: string; readonly app: string }
  beforeAll(async () => {
    world = await ApiWorld.open()
  })
  afterAll(() => world.close())
  beforeEach(() => {
    n += 1
    ids = { a: `cmp_a${n}`, b: `cmp_b${n}`, app: `app_${n}` }
    world.topics.end = 0n
  })

  const putCompany = (id: string) => world.call('PUT', `/v1/companies/${id}`, { body: { name: id } })
  const deleteCompany = (id: string) => world.call('DELETE', `/v1/companies/${id}`)
  const putApp = (company: string, body: object = {}) =>
    world.call('PUT', `/v1/apps/${ids.app}`, { company, body: { name: 'x', ...body } })
  const deleteApp = (company: string) => world.call('DELETE', `/v1/apps/${ids.app}`, { company })
  const subscribe = (company: string) =>
    world.call('POST', '/v1/subscriptions', { company, body: { appId: ids.app, ...SUBSCRIPTION } })
  const endedStreams = async () => {
    const rows = await world.database.query<{ body: string }>(
      `SELECT body FROM hooklane.configuration WHERE key LIKE 'endedStream:${ids.app}/%' ORDER BY version`,
    )
    return rows.map(({ body }) => JSON.parse(body) as unknown)
  }

  describe('an app', () => {
    it('keeps its id for its company, also when the app and the company are gone', async () => {
      await putCompany(ids.a)
      await putCompany(ids.b)
      expect((await putApp(ids.a)).status).toBe(201)
      const taken = async () => {
        const { status, body } = await putApp(ids.b)
        return [status, body.code]
      }
      expect(await taken()).toEqual([409, 'ID_TAKEN'])
      expect((await deleteApp(ids.a)).status).toBe(204)
      expect(await taken()).toEqual([409, 'ID_TAKEN'])
      expect((await deleteCompany(ids.a)).status).toBe(204)
      expect(await taken()).toEqual([409, 'ID_TAKEN'])
      await putCompany(ids.a)
      expect((await putApp(ids.a)).status).toBe(201)
    })

    it('goes on in the next epoch each time that it is made again, and only then', async () => {
      await putCompany(ids.a)
      for (const epoch of [1, 2, 3]) {
        const made = await putApp(ids.a)
        expect([made.status, made.body.epoch]).toEqual([201, epoch])
        expect((await putApp(ids.a, { name: 'renamed' })).body.epoch).toBe(epoch)
        const configuration = await world.configuration(`app:${ids.app}`)
        expect(configuration.epoch).toBe(epoch)
        expect(decoderOf(AppSchema)(bytes(configuration))).toMatchObject({ ok: true })
        await deleteApp(ids.a)
      }
    })

    it('that could not be made has taken neither an epoch nor the id', async () => {
      await putCompany(ids.a)
      await putCompany(ids.b)
      await world.call('POST', '/v1/apps', { company: ids.a, body: { name: 'x', externalId: 'taken' } })
      expect((await putApp(ids.a, { externalId: 'taken' })).status).toBe(409)
      expect((await putApp(ids.b)).body.epoch).toBe(1)
    })

    it('is made once by two who make it again at once', async () => {
      await putCompany(ids.a)
      await putApp(ids.a)
      await deleteApp(ids.a)
      const answers = await Promise.all(Array.from({ length: 8 }, () => putApp(ids.a)))
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(7).fill(200), 201])
      expect(answers.map(({ body }) => body.epoch)).toEqual(Array<number>(8).fill(2))
    })

    it('tells the delivery path where its stream ended if it ever had one', async () => {
      await putCompany(ids.a)
      await putApp(ids.a)
      await deleteApp(ids.a)
      expect(await endedStreams()).toEqual([])
      await putApp(ids.a)
      await subscribe(ids.a)
      await deleteApp(ids.a)
      const ended = await endedStreams()
      expect(ended).toEqual([{ appId: ids.app, companyId: ids.a, epoch: 2, workerGroup: 'shared-webhook' }])
      expect(decoderOf(EndedStreamSchema)(bytes(ended[0]))).toMatchObject({ ok: true })
    })

    it('publishes its deletion before the end of its stream', async () => {
      await putCompany(ids.a)
      await putApp(ids.a)
      await subscribe(ids.a)
      const [before] = await world.database.query<{ version: string }>(
        'SELECT last_value AS version FROM hooklane.configuration_version',
      )
      await deleteApp(ids.a)
      // App and subscription take a version each for their deletion, then the end takes one.
      const [end] = await world.database.query<{ version: string }>(
        'SELECT version FROM hooklane.configuration WHERE key = $1',
        [`endedStream:${ids.app}/1`],
      )
      expect(BigInt(end!.version) - BigInt(before!.version)).toBe(3n)
    })

    it('has no version in common with its predecessor', async () => {
      await putCompany(ids.a)
      const first = (await putApp(ids.a)).headers.get('etag')!
      await deleteApp(ids.a)
      const second = (await putApp(ids.a)).headers.get('etag')!
      expect(second).not.toBe(first)
      const read = (etag: string) =>
        world.call('GET', `/v1/apps/${ids.app}`, { company: ids.a, headers: { 'if-none-match': etag } })
      expect([(await read(first)).status, (await read(second)).status]).toEqual([200, 304])
      const patch = (etag: string) =>
        world.call('PATCH', `/v1/apps/${ids.app}`, {
          company: ids.a,
          body: { name: 'y' },
          headers: { 'if-match': etag },
        })
      expect([(await patch(first)).status, (await patch(second)).status]).toEqual([412, 200])
    })

    it('is read by none of the keys of its predecessor', async () => {
      await putCompany(ids.a)
      await putApp(ids.a)
      const key = await world.call('POST', '/v1/api-keys', { company: ids.a, body: { name: 'k', appId: ids.app } })
      await deleteApp(ids.a)
      await putApp(ids.a)
      expect((await world.call('GET', `/v1/apps/${ids.app}`, { key: key.body.key })).status).toBe(401)
    })
  })

  describe('a company', () => {
    it('is another one: the delivery path is told its incarnation and where its events begin', async () => {
      await putCompany(ids.a)
      expect(await world.configuration(`company:${ids.a}`)).toEqual({ id: ids.a, name: ids.a, incarnation: 1 })
      const etag = (await world.call('GET', `/v1/companies/${ids.a}`)).headers.get('etag')!
      await deleteCompany(ids.a)
      world.topics.end = 4711n
      const again = await putCompany(ids.a)
      expect([again.status, again.headers.get('etag') === etag]).toEqual([201, false])
      const configuration = await world.configuration(`company:${ids.a}`)
      expect(configuration).toEqual({ id: ids.a, name: ids.a, incarnation: 2, eventsFrom: '4711' })
      expect(decoderOf(CompanySchema)(bytes(configuration))).toMatchObject({ ok: true })
      world.topics.end = 9999n
      expect((await putCompany(ids.a)).status).toBe(200)
      expect(await world.configuration(`company:${ids.a}`)).toEqual(configuration)
    })

    it('is not made again while Kafka does not say where the events of its predecessor end', async () => {
      world.topics.end = null
      expect((await putCompany(ids.a)).status).toBe(201)
      await deleteCompany(ids.a)
      const refused = await putCompany(ids.a)
      expect([refused.status, refused.body.code]).toEqual([503, 'EVENTS_END_UNKNOWN'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      world.topics.end = 0n
      expect((await putCompany(ids.a)).status).toBe(201)
    })

    it('is made once by two who make it again at once', async () => {
      await putCompany(ids.a)
      await deleteCompany(ids.a)
      const answers = await Promise.all(Array.from({ length: 8 }, () => putCompany(ids.a)))
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(7).fill(200), 201])
      expect((await world.configuration(`company:${ids.a}`)).incarnation).toBe(2)
    })

    it('takes everything of its own along: log, dead letters, lanes and kept answers', async () => {
      await putCompany(ids.a)
      await putCompany(ids.b)
      for (const company of [ids.a, ids.b]) {
        await log(company, 3)
        await world.call('POST', '/v1/apps', { company, body: { name: 'x' }, headers: { 'idempotency-key': `k${n}` } })
      }
      const left = (company: string) => world.database.query(ROWS_OF, [company])
      const before = await left(ids.b)
      expect(before).toEqual(
        ['attempt', 'dead_letter', 'delivery', 'idempotency_key', 'lane'].map((name) => ({ name })),
      )
      expect((await deleteCompany(ids.a)).status).toBe(204)
      expect([await left(ids.a), await left(ids.b)]).toEqual([[], before])
      await putCompany(ids.a)
      expect((await world.call('GET', '/v1/deliveries', { company: ids.a })).body.data).toEqual([])
    })

    it('takes a log along that is larger than one statement', async () => {
      await putCompany(ids.a)
      await log(ids.a, 4_321)
      expect((await deleteCompany(ids.a)).status).toBe(204)
      expect(await world.database.query(ROWS_OF, [ids.a])).toEqual([])
    })

    it('whose erasure broke off is erased by a second deletion, or before it is made again, and never read', async () => {
      await breakOff()
      expect((await deleteCompany(ids.a)).status).toBe(204)
      expect(await world.database.query(ROWS_OF, [ids.a])).toEqual([])
      expect((await deleteCompany(ids.a)).status).toBe(404)
      await breakOff()
      expect((await putCompany(ids.a)).status).toBe(201)
      expect(await world.database.query(ROWS_OF, [ids.a])).toEqual([])
    })

    it('is erased wholly by several who do so at once', async () => {
      await putCompany(ids.a)
      await log(ids.a, 5_000)
      const erasure = new CompanyErasure(world.tenants)
      await world.tenants.transaction({ kind: 'operator' }, ({ identities }) => identities.endCompany(ids.a))
      await Promise.all([erasure.erase(ids.a), erasure.erase(ids.a), erasure.sweep()])
      expect(await world.database.query(ROWS_OF, [ids.a])).toEqual([])
    })

    it('is not made again while somebody still removes what its predecessor left behind', async () => {
      await breakOff()
      const blocker = await world.database.transaction()
      await blocker.query('LOCK TABLE hooklane.delivery IN EXCLUSIVE MODE')
      const erased = new CompanyErasure(world.tenants).erase(ids.a)
      await eventually(async () => expect(await world.database.waiting()).toBe(1), { withinMs: 20_000 })
      // As if another process had been faster, and had removed the rest.
      for (const table of ['dead_letter', 'lane'])
        await world.database.query(`DELETE FROM hooklane.${table} WHERE company_id = $1`, [ids.a])
      await world.tenants.transaction({ kind: 'operator' }, ({ identities }) => identities.markErased(ids.a))
      const made = putCompany(ids.a)
      await eventually(async () => expect(await world.database.waiting()).toBe(2), { withinMs: 20_000 })
      await blocker.query('COMMIT')
      await erased
      expect((await made).status).toBe(201)
      await log(ids.a, 3)
      await new CompanyErasure(world.tenants).erase(ids.a)
      expect((await world.call('GET', '/v1/deliveries', { company: ids.a })).body.data).toHaveLength(3)
    })

    it('ends the streams of all its apps', async () => {
      await putCompany(ids.a)
      await putApp(ids.a)
      await subscribe(ids.a)
      await deleteCompany(ids.a)
      expect(await endedStreams()).toEqual([
        { appId: ids.app, companyId: ids.a, epoch: 1, workerGroup: 'shared-webhook' },
      ])
      await putCompany(ids.a)
      expect((await putApp(ids.a)).body.epoch).toBe(2)
    })
  })

  /** As if the process had ended between the two: the company is gone, its log is not. */
  async function breakOff(): Promise<void> {
    await putCompany(ids.a)
    await log(ids.a, 3)
    await world.tenants.transaction({ kind: 'operator' }, async (tables) => {
      await tables.identities.endCompany(ids.a)
      await tables.configuration.removeCompany(ids.a)
      await tables.companies.delete(ids.a)
    })
  }

  /** What the recorder and a dispatcher would have written of a company. */
  async function log(company: string, deliveries: number): Promise<void> {
    const app = `app_of_${company}`
    await world.database.query(
      `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
         event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       SELECT current_date, $1, n, $2, 'msg_' || n, 'sub', 1, 'g', 'e', 'a.b', 't', 'i', 'events', 0, 0, now(), 'live', 'delivered'
       FROM generate_series(1, $3::int) n`,
      [app, company, deliveries],
    )
    await world.database.query(
      `INSERT INTO hooklane.attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, decision, status)
       SELECT current_date, $1, n, 'attempt', 1, 'att_' || n, $2, 'msg_' || n, 1, now(), 'delivered', 'delivered' FROM generate_series(1, $3::int) n`,
      [app, company, deliveries],
    )
    await world.database.query(
      `INSERT INTO hooklane.dead_letter VALUES ($1, 1, $2, 'msg_1', 'sub', 'a.b', 1, 'r', null, now(), '{}')`,
      [app, company],
    )
    await world.database.query(
      `INSERT INTO hooklane.lane (worker_group, app_id, partition, company_id, mode, settled, floor_offset) VALUES ('shared-webhook', $1, 0, $2, 'flow', 0, 0)`,
      [app, company],
    )
  }
})

const ROWS_OF = ['attempt', 'dead_letter', 'delivery', 'idempotency_key', 'lane']
  .map((name) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM hooklane.${name} WHERE company_id = $1)`)
  .join(' UNION ALL ')
