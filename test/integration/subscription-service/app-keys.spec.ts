import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

describe('the key of one app', () => {
  let world: ApiWorld
  let a: Awaited<ReturnType<ApiWorld['company']>>
  let b: Awaited<ReturnType<ApiWorld['company']>>
  const mine = { app: '', key: '', subscription: '' }
  const other = { app: '', key: '', subscription: '' }

  beforeAll(async () => {
    world = await ApiWorld.open()
    a = await world.company('cmp_a')
    b = await world.company('cmp_b')
    let sequence = 0
    for (const one of [mine, other]) {
      one.app = await world.app(a.owner)
      const body = { appId: one.app, ...SUBSCRIPTION }
      one.subscription = (await world.call('POST', '/v1/subscriptions', { key: a.owner, body })).body.id
      one.key = (await make({ name: 'plugin', appId: one.app })).body.key
      sequence += 1
      await deliver(one, sequence, 'cmp_a')
    }
    // The log outlives apps: once, another company had an app of this id.
    await deliver(mine, 3, 'cmp_b')
  })
  afterAll(() => world.close())

  const make = (body: object, key = a.owner) => world.call('POST', '/v1/api-keys', { key, body })
  const deliver = async (one: { app: string; subscription: string }, sequence: number, company: string) => {
    await world.database.query(
      `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
         event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2::int, $4, 'msg_' || $2::int, $3, 1, 'g', 'e', 'products.updated', 'product', '1', 'events', 0, 0, now(), 'live', 'delivered')`,
      [one.app, sequence, one.subscription, company],
    )
    await world.database.query(
      `INSERT INTO hooklane.attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, duration_ms,
         request_method, request_url, request_headers, request_bytes, request_digest, decision, status)
       VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2::int, 'attempt', 1, 'att' || $2::int, $3, 'msg_' || $2::int, 5, now(), 1, 'POST', 'https://x.example', '{}', 1, 'd', 'delivered', 'delivered')`,
      [one.app, sequence, company],
    )
  }
  const read = (path: string) => world.call('GET', path, { key: mine.key })

  it('begins with hka_ and stands in the list with its app', async () => {
    expect(mine.key).toMatch(/^hka_[0-9A-Z]{16}_/)
    const { data } = (await world.call('GET', '/v1/api-keys', { key: a.owner })).body
    expect(data.map((key) => [key.role, key.appId])).toContainEqual(['viewer', mine.app])
  })

  it('lists show exactly what belongs to the app, whatever filter asks for more', async () => {
    const idsIn = async (path: string) => (await read(path)).body.data.map(({ id }) => id)
    expect(await idsIn('/v1/apps')).toEqual([mine.app])
    expect(await idsIn('/v1/subscriptions')).toEqual([mine.subscription])
    expect(await idsIn('/v1/deliveries')).toEqual(['msg_1'])
    for (const list of ['subscriptions', 'deliveries'])
      expect(await idsIn(`/v1/${list}?appId=${other.app}`)).toEqual([])
    expect(await idsIn(`/v1/deliveries?subscriptionId=${other.subscription}`)).toEqual([])
    expect((await read('/v1/deliveries/msg_1/attempts')).body.data.map((one) => one.attemptId)).toEqual(['att1'])
  })

  it('single things of the app are read, those of a sister app are not found', async () => {
    for (const path of [`apps/${mine.app}`, `subscriptions/${mine.subscription}`, 'deliveries/msg_1']) {
      expect([path, (await read(`/v1/${path}`)).status]).toEqual([path, 200])
    }
    const foreign = [`apps/${other.app}`, `subscriptions/${other.subscription}`, 'deliveries/msg_2', 'deliveries/msg_3']
    for (const path of [...foreign, 'deliveries/msg_2/attempts', 'deliveries/msg_3/attempts']) {
      expect([path, (await read(`/v1/${path}`)).status]).toEqual([path, 404])
    }
  })

  it('a cursor of the company’s key is not one of the app’s key', async () => {
    const { nextCursor } = (await world.call('GET', '/v1/apps?limit=1', { key: a.owner })).body
    expect(nextCursor).not.toBeNull()
    expect((await read(`/v1/apps?limit=1&cursor=${nextCursor}`)).status).toBe(400)
  })

  it('is made for an app of the company only, to read, by owners only', async () => {
    const foreign = await world.app(b.owner)
    expect((await make({ name: 'k', appId: foreign })).status).toBe(404)
    expect((await make({ name: 'k', appId: 'app_none' })).status).toBe(404)
    expect((await make({ name: 'k', appId: mine.app }, a.editor)).status).toBe(403)
    const writing = await make({ name: 'k', appId: mine.app, role: 'editor' })
    expect([writing.status, writing.body.code]).toEqual([422, 'KEY_ROLE'])
    expect((await make({ name: 'k', appId: mine.app, role: 'viewer' })).status).toBe(201)
    const neither = await make({ name: 'k' })
    expect([neither.status, neither.body.errors[0]]).toEqual([
      400,
      expect.objectContaining({ path: 'role', code: 'REQUIRED' }),
    ])
  })

  it('sees no other table even when asked in the database’s own words', async () => {
    const seen = await world.tenants.transaction(
      { kind: 'app', companyId: 'cmp_a', appId: mine.app },
      async (tables) => ({
        companies: (await tables.companies.page({ limit: 9, after: null })).rows.length,
        keys: (await tables.apiKeys.page({ limit: 9, after: null })).rows.length,
        secrets: (await tables.subscriptions.secrets(mine.subscription, new Date())).length,
        apps: (await tables.apps.page({ limit: 9, after: null })).rows.length,
      }),
    )
    expect(seen).toEqual({ companies: 0, keys: 0, secrets: 0, apps: 1 })
  })

  it('is gone with its app', async () => {
    const app = await world.app(a.owner)
    const { key } = (await make({ name: 'k', appId: app })).body
    expect((await world.call('GET', `/v1/apps/${app}`, { key })).status).toBe(200)
    await world.call('DELETE', `/v1/apps/${app}`, { key: a.owner })
    expect((await world.call('GET', '/v1/apps', { key })).status).toBe(401)
  })
})
