import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createLogger } from '@hooklane/observability'
import { ExpiredResponses } from '../../../apps/subscription-service/src/idempotency/expired-responses.js'
import { eventually } from '../event-producer/eventually.js'
import { ApiWorld, SUBSCRIPTION, type Answer } from './api-world.js'

const TABLES = ['api_key', 'app', 'subscription', 'subscription_secret', 'configuration']

describe('Idempotency-Key', () => {
  let world: ApiWorld
  let a: Awaited<ReturnType<ApiWorld['company']>>
  let app: string
  let subscription: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    a = await world.company('cmp_a')
    app = await world.app(a.owner)
    const made = await world.call('POST', '/v1/subscriptions', { key: a.owner, body: { appId: app, ...SUBSCRIPTION } })
    subscription = made.body.id
  })
  afterAll(() => world.close())

  let keys = 0
  const newKey = () => `request-${(keys += 1)}`
  const post = (path: string, body: unknown, idempotencyKey: string, key = a.owner): Promise<Answer> =>
    world.call('POST', path, { key, body, headers: { 'idempotency-key': idempotencyKey } })
  const fingerprint = async () =>
    JSON.stringify(await Promise.all(TABLES.map((table) => world.database.query(`TABLE hooklane.${table}`))))
  const apps = async (name: string) => world.database.query('SELECT id FROM hooklane.app WHERE name = $1', [name])

  /** Every POST of the API, with a body that it accepts. */
  const POSTS = (): Record<string, { path: string; body?: object }> => ({
    '/v1/api-keys': { path: '/v1/api-keys', body: { name: 'k', role: 'viewer' } },
    '/v1/apps': { path: '/v1/apps', body: { name: 'x' } },
    '/v1/subscriptions': { path: '/v1/subscriptions', body: { appId: app, ...SUBSCRIPTION } },
    '/v1/subscriptions/{id}/enable': { path: `/v1/subscriptions/${subscription}/enable` },
    '/v1/subscriptions/{id}/disable': { path: `/v1/subscriptions/${subscription}/disable` },
    '/v1/subscriptions/{id}/secrets/rotate': { path: `/v1/subscriptions/${subscription}/secrets/rotate` },
  })

  it('every POST is done once, and answered alike whenever it comes again', async () => {
    const documented = world.documented.operations.filter(({ method }) => method === 'POST').map(({ path }) => path)
    expect(documented.sort()).toEqual(Object.keys(POSTS()).sort())
    for (const { path, body } of Object.values(POSTS())) {
      const key = newKey()
      const first = await post(path, body, key)
      const after = await fingerprint()
      const again = await post(path, body, key)
      expect([path, again.status, again.text]).toEqual([path, first.status, first.text])
      expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
      expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
      expect(await fingerprint()).toBe(after)
    }
  })

  it('without the header a request is done as often as it comes', async () => {
    for (let n = 0; n < 2; n += 1) await world.call('POST', '/v1/apps', { key: a.owner, body: { name: 'twice' } })
    expect(await apps('twice')).toHaveLength(2)
  })

  it('the same key with another body or path is refused, members in another order are the same body', async () => {
    const key = newKey()
    const first = await post('/v1/apps', { name: 'ordered', type: 'shop' }, key)
    expect((await post('/v1/apps', { type: 'shop', name: 'ordered' }, key)).text).toBe(first.text)
    const others = [
      await post('/v1/apps', { name: 'ordered', type: 'shop2' }, key),
      await post('/v1/api-keys', { name: 'ordered', role: 'viewer' }, key),
    ]
    for (const other of others) expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(await apps('ordered')).toHaveLength(1)
  })

  it('the keys of two callers have nothing to do with each other', async () => {
    const key = newKey()
    const b = await world.company('cmp_b')
    const mine = await post('/v1/apps', { name: 'mine' }, key)
    const editors = await post('/v1/apps', { name: 'editors' }, key, a.editor)
    const theirs = await post('/v1/apps', { name: 'theirs' }, key, b.owner)
    const asOperator = (company: string) =>
      world.call('POST', '/v1/apps', { company, body: { name: company }, headers: { 'idempotency-key': key } })
    const all = [mine, editors, theirs, await asOperator('cmp_a'), await asOperator('cmp_b')]
    expect(all.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(5)
  })

  it('the answer is kept sealed: the database holds no secret of it and nothing of the request', async () => {
    const body = { appId: app, ...SUBSCRIPTION, name: 'canary-of-the-body' }
    const { secret } = (await post('/v1/subscriptions', body, newKey())).body
    const { key } = (await post('/v1/api-keys', { name: 'k', role: 'viewer' }, newKey())).body
    const stored = JSON.stringify(await world.database.query('TABLE hooklane.idempotency_key'))
    expect(stored).toContain('"v1.')
    for (const canary of [secret.slice(6), key.slice(21, 64), 'canary-of-the-body'])
      expect(stored).not.toContain(canary)
  })

  it('a refusal is not kept: nothing was done, and the same request may succeed later', async () => {
    const key = newKey()
    const before = await world.app(a.owner, { externalId: 'taken' })
    const body = { name: 'x', externalId: 'taken' }
    expect((await post('/v1/apps', body, key)).status).toBe(409)
    await world.call('DELETE', `/v1/apps/${before}`, { key: a.owner })
    expect((await post('/v1/apps', body, key)).status).toBe(201)
  })

  it('an operator that names a company which does not exist is told so, and nothing is done', async () => {
    const make = (company: string, idempotencyKey: string) =>
      world.call('POST', '/v1/api-keys', {
        company,
        body: { name: 'of nobody', role: 'operator' },
        headers: { 'idempotency-key': idempotencyKey },
      })
    const refused = await make('cmp_nobody', newKey())
    expect([refused.status, refused.body.code]).toEqual([404, 'NOT_FOUND'])
    expect(refused.body.errors[0]!.path).toBe('Hooklane-Company')
    const made = () => world.database.query(`SELECT id FROM hooklane.api_key WHERE name = 'of nobody'`)
    expect(await made()).toEqual([])
    expect((await make('cmp_a', newKey())).status).toBe(201)
    expect(await made()).toHaveLength(1)
  })

  it.each(['', 'a b', 'x'.repeat(256), 'é'])('the key %j is refused', async (key) => {
    const refused = await post('/v1/apps', { name: 'x' }, key)
    expect([refused.status, refused.body.errors[0]!.path]).toEqual([400, 'Idempotency-Key'])
  })

  it('after 24 hours a key is free again, and what it kept is removed', async () => {
    const key = newKey()
    const { body } = await post('/v1/apps', { name: 'expired' }, key)
    const rowsOf = () =>
      world.database.query<{ hours: number }>(
        `SELECT extract(epoch FROM expires_at - now())::float / 3600 AS hours FROM hooklane.idempotency_key WHERE key = $1`,
        [key],
      )
    expect((await rowsOf())[0]!.hours).toBeCloseTo(24, 0)
    const expire = () =>
      world.database.query('UPDATE hooklane.idempotency_key SET expires_at = now() WHERE key = $1', [key])
    await expire()
    const other = await post('/v1/apps', { name: 'expired again' }, key)
    expect([other.status, other.body.id === body.id]).toEqual([201, false])
    await expire()
    await new ExpiredResponses(world.tenants, createLogger('api-test', 'fatal')).sweep()
    expect(await rowsOf()).toEqual([])
    expect((await world.database.query('TABLE hooklane.idempotency_key')).length).toBeGreaterThan(0)
  })

  describe('while the work is held up', () => {
    beforeAll(async () => {
      await world.database.query('CREATE TABLE public.held (name text)')
      await world.database
        .query(`CREATE FUNCTION public.hold_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
          WHILE EXISTS (SELECT FROM public.held WHERE name = NEW.name) LOOP PERFORM pg_sleep(0.02); END LOOP;
          RETURN NEW;
        END $$`)
      await world.database.query(
        'CREATE TRIGGER hold_up BEFORE INSERT ON hooklane.app FOR EACH ROW EXECUTE FUNCTION public.hold_up()',
      )
    })

    const holdUp = (name: string) => world.database.query('INSERT INTO public.held VALUES ($1)', [name])
    const letGo = () => world.database.query('DELETE FROM public.held')
    const atWork = async (): Promise<number> => {
      let pid = 0
      await eventually(async () => {
        const rows = await world.database.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
        )
        expect(rows).toHaveLength(1)
        pid = rows[0]!.pid
      })
      return pid
    }

    it('the same request is told to wait, and then gets the answer of the first', async () => {
      await holdUp('slow')
      const key = newKey()
      const first = post('/v1/apps', { name: 'slow' }, key)
      await atWork()
      const second = await post('/v1/apps', { name: 'slow' }, key)
      await letGo()
      expect([second.status, second.body.code]).toEqual([409, 'IDEMPOTENCY_KEY_IN_PROGRESS'])
      expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
      const { status, text } = await first
      expect(status).toBe(201)
      expect((await post('/v1/apps', { name: 'slow' }, key)).text).toBe(text)
      expect(await apps('slow')).toHaveLength(1)
    })

    it('a request whose transaction is cut off was not done, and the same request does it once', async () => {
      await holdUp('cut off')
      const key = newKey()
      const first = post('/v1/apps', { name: 'cut off' }, key)
      await world.database.query('SELECT pg_terminate_backend($1)', [await atWork()])
      expect((await first).status).toBe(503)
      await letGo()
      expect(await apps('cut off')).toEqual([])
      const statuses = [
        await post('/v1/apps', { name: 'cut off' }, key),
        await post('/v1/apps', { name: 'cut off' }, key),
      ]
      expect(statuses.map(({ status }) => status)).toEqual([201, 201])
      expect(await apps('cut off')).toHaveLength(1)
    })
  })

  it('when the answer cannot be kept, nothing is done either', async () => {
    await world.database.query(
      `ALTER TABLE hooklane.idempotency_key ADD CONSTRAINT nothing_more CHECK (false) NOT VALID`,
    )
    const key = newKey()
    expect((await post('/v1/apps', { name: 'unkept' }, key)).status).toBe(500)
    expect(await apps('unkept')).toEqual([])
    await world.database.query('ALTER TABLE hooklane.idempotency_key DROP CONSTRAINT nothing_more')
    expect((await post('/v1/apps', { name: 'unkept' }, key)).status).toBe(201)
    expect(await apps('unkept')).toHaveLength(1)
  })
})
