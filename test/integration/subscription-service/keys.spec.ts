import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createApiKey } from '@hooklane/core/secrets'
import { crc32 } from 'node:zlib'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

/** The key as it would be if its last part were right: only the database can tell that it is wrong. */
const withChecksum = (key: string): string => {
  const body = key.slice(0, -9)
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`
}

/** Company resources with something of company A in each place of an id. Everything else is for operators. */
const ROUTES = (ids: { app: string; subscription: string; key: string; delivery: string }) =>
  [
    { route: 'GET /v1/api-keys', path: '/v1/api-keys', needs: 'owner' },
    { route: 'POST /v1/api-keys', path: '/v1/api-keys', needs: 'owner', body: { name: 'k', role: 'viewer' } },
    { route: 'DELETE /v1/api-keys/{id}', path: `/v1/api-keys/${ids.key}`, needs: 'owner' },
    { route: 'GET /v1/apps', path: '/v1/apps', needs: 'viewer', forAppKeys: true },
    { route: 'POST /v1/apps', path: '/v1/apps', needs: 'editor', body: { name: 'x' } },
    { route: 'GET /v1/apps/{id}', path: `/v1/apps/${ids.app}`, needs: 'viewer', forAppKeys: true },
    { route: 'PATCH /v1/apps/{id}', path: `/v1/apps/${ids.app}`, needs: 'editor', body: { name: 'y' } },
    { route: 'GET /v1/subscriptions', path: '/v1/subscriptions', needs: 'viewer', forAppKeys: true },
    {
      route: 'POST /v1/subscriptions',
      path: '/v1/subscriptions',
      needs: 'editor',
      body: { appId: ids.app, ...SUBSCRIPTION },
    },
    {
      route: 'GET /v1/subscriptions/{id}',
      path: `/v1/subscriptions/${ids.subscription}`,
      needs: 'viewer',
      forAppKeys: true,
    },
    {
      route: 'PATCH /v1/subscriptions/{id}',
      path: `/v1/subscriptions/${ids.subscription}`,
      needs: 'editor',
      body: { name: 'y' },
    },
    {
      route: 'POST /v1/subscriptions/{id}/enable',
      path: `/v1/subscriptions/${ids.subscription}/enable`,
      needs: 'editor',
    },
    {
      route: 'POST /v1/subscriptions/{id}/disable',
      path: `/v1/subscriptions/${ids.subscription}/disable`,
      needs: 'editor',
    },
    {
      route: 'POST /v1/subscriptions/{id}/secrets/rotate',
      path: `/v1/subscriptions/${ids.subscription}/secrets/rotate`,
      needs: 'editor',
    },
    { route: 'GET /v1/event-types', path: '/v1/event-types', needs: 'viewer', isCommon: true },
    { route: 'GET /v1/event-types/{type}', path: '/v1/event-types/products.updated', needs: 'viewer', isCommon: true },
    { route: 'GET /v1/deliveries', path: '/v1/deliveries', needs: 'viewer', forAppKeys: true },
    { route: 'GET /v1/deliveries/{id}', path: `/v1/deliveries/${ids.delivery}`, needs: 'viewer', forAppKeys: true },
    {
      route: 'GET /v1/deliveries/{id}/attempts',
      path: `/v1/deliveries/${ids.delivery}/attempts`,
      needs: 'viewer',
      forAppKeys: true,
    },
    { route: 'PUT /v1/apps/{id}', path: `/v1/apps/${ids.app}`, needs: 'operator', body: { name: 'x' } },
    { route: 'GET /v1/companies', path: '/v1/companies', needs: 'operator' },
    { route: 'PUT /v1/companies/{id}', path: '/v1/companies/cmp_a', needs: 'operator', body: { name: 'x' } },
    { route: 'GET /v1/companies/{id}', path: '/v1/companies/cmp_a', needs: 'operator' },
    { route: 'DELETE /v1/companies/{id}', path: '/v1/companies/cmp_zzz', needs: 'operator' },
    { route: 'GET /v1/worker-groups', path: '/v1/worker-groups', needs: 'operator' },
    { route: 'PUT /v1/worker-groups/{name}', path: '/v1/worker-groups/shared-x', needs: 'operator', body: {} },
    // Last: they take away what the others need.
    { route: 'DELETE /v1/subscriptions/{id}', path: `/v1/subscriptions/${ids.subscription}`, needs: 'editor' },
    { route: 'DELETE /v1/apps/{id}', path: `/v1/apps/${ids.app}`, needs: 'editor' },
  ] as { route: string; path: string; needs: string; body?: object; isCommon?: boolean; forAppKeys?: boolean }[]

describe('keys', () => {
  let world: ApiWorld
  let a: Awaited<ReturnType<ApiWorld['company']>>
  let b: Awaited<ReturnType<ApiWorld['company']>>
  let routes: ReturnType<typeof ROUTES>
  let appKey: string
  let sisterKey: string
  const methodOf = (route: string) => route.split(' ')[0]!

  beforeAll(async () => {
    world = await ApiWorld.open()
    a = await world.company('cmp_a')
    b = await world.company('cmp_b')
    const app = await world.app(a.owner)
    const subscription = (
      await world.call('POST', '/v1/subscriptions', { key: a.owner, body: { appId: app, ...SUBSCRIPTION } })
    ).body.id
    const key = (await world.call('POST', '/v1/api-keys', { key: a.owner, body: { name: 'spare', role: 'viewer' } }))
      .body.id
    await world.database.query(
      `INSERT INTO hooklane.event_type VALUES ('products.updated', 'products', 'updated', 'Product updated', 'pim')`,
    )
    await world.database.query(
      `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
         event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       VALUES ((now() AT TIME ZONE 'UTC')::date, $1, 1, 'cmp_a', 'msg_1', $2, 1, 'g', 'e', 'products.updated', 'product', '1', 'events', 0, 0, now(), 'live', 'delivered')`,
      [app, subscription],
    )
    const keyOfApp = async (appId: string) =>
      (await world.call('POST', '/v1/api-keys', { key: a.owner, body: { name: 'plugin', appId } })).body.key
    appKey = await keyOfApp(app)
    sisterKey = await keyOfApp(await world.app(a.owner))
    routes = ROUTES({ app, subscription, key, delivery: 'msg_1' })
  })
  afterAll(() => world.close())

  const fingerprint = async () => {
    const tables = ['company', 'api_key', 'app', 'subscription', 'subscription_secret', 'configuration', 'worker_group']
    const rows = await Promise.all(
      tables.map((table) => world.database.query(`SELECT * FROM hooklane.${table} ORDER BY 1`)),
    )
    return JSON.stringify(rows)
  }
  const statusesOf = async (key: string | null, chosen = routes) => {
    const statuses: Record<string, number> = {}
    for (const { route, path, body } of chosen) {
      const needsBody = ['POST', 'PUT', 'PATCH'].includes(methodOf(route))
      const answer = await world.call(methodOf(route), path, { key, ...(needsBody ? { body: body ?? {} } : {}) })
      statuses[route] = answer.status
      if (answer.status >= 400) expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
    return statuses
  }

  it('every documented route stands in this matrix', async () => {
    const { body } = await world.call('GET', '/v1/openapi.json', { key: null })
    const documented = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.sort()).toEqual(routes.map(({ route }) => route).sort())
  })

  it.each([
    'none',
    'malformed',
    'unknown',
    'a wrong secret',
    'revoked',
    'of the wrong kind',
    'of an app, as a company’s',
  ])('a key that is %s opens nothing and changes nothing', async (kind) => {
    const revoked = await world.call('POST', '/v1/api-keys', { key: a.owner, body: { name: 'r', role: 'owner' } })
    await world.call('DELETE', `/v1/api-keys/${revoked.body.id}`, { key: a.owner })
    const stranger = createApiKey('company').text
    const keys: Record<string, string | null> = {
      none: null,
      malformed: `${a.owner}x`,
      unknown: stranger,
      'a wrong secret': createApiKey('company').text.replace(/^hkc_[0-9A-Z]{16}/, a.owner.slice(0, 20)),
      revoked: revoked.body.key,
      'of the wrong kind': createApiKey('operator').text,
      'of an app, as a company’s': withChecksum(appKey.replace(/^hka_/, 'hkc_')),
    }
    const before = await fingerprint()
    expect(new Set(Object.values(await statusesOf(keys[kind]!)))).toEqual(new Set([401]))
    expect(await fingerprint()).toBe(before)
  })

  it('the key of an app reads what is the app’s; everything else is forbidden, and nothing changes', async () => {
    const before = await fingerprint()
    const statuses = await statusesOf(appKey)
    const ofSister = await statusesOf(sisterKey)
    for (const { route, forAppKeys } of routes) {
      expect([route, statuses[route]]).toEqual([route, forAppKeys ? 200 : 403])
      const found = route.includes('{') ? 404 : 200
      expect([route, ofSister[route]]).toEqual([route, forAppKeys ? found : 403])
    }
    expect(await fingerprint()).toBe(before)
    for (const path of ['/v1/subscriptions', '/v1/deliveries']) {
      expect((await world.call('GET', path, { key: sisterKey })).body.data).toEqual([])
    }
  })

  it('who may call what is documented as it is', () => {
    for (const { route, needs, forAppKeys } of routes) {
      const [method, path] = route.split(' ')
      const { operation } = world.documented.operations.find((one) => one.method === method && one.path === path)!
      const expected = [
        { operatorKey: [] },
        ...(needs === 'operator' ? [] : [{ companyKey: [needs] }]),
        ...(forAppKeys ? [{ appKey: [] }] : []),
      ]
      expect([route, operation.security]).toEqual([route, expected])
    }
  })

  it('another company’s key finds nothing, and what it may not do at all is forbidden', async () => {
    const before = await fingerprint()
    const chosen = routes.filter(
      ({ route, isCommon }) => !isCommon && (route.includes('{') || route === 'POST /v1/subscriptions'),
    )
    const statuses = await statusesOf(b.owner, chosen)
    for (const { route, needs } of chosen)
      expect([route, statuses[route]]).toEqual([route, needs === 'operator' ? 403 : 404])
    expect(await fingerprint()).toBe(before)
    for (const path of ['/v1/apps', '/v1/subscriptions', '/v1/deliveries']) {
      expect((await world.call('GET', path, { key: b.owner })).body.data).toEqual([])
    }
    expect(
      (await world.call('GET', `/v1/subscriptions?appId=${routes[5]!.path.split('/')[3]}`, { key: b.owner })).body.data,
    ).toEqual([])
  })

  it('the company of a key cannot be changed by a header', async () => {
    const answer = await world.call('GET', '/v1/apps', { key: b.owner, company: 'cmp_a' })
    expect(answer.body.data).toEqual([])
  })

  it('a viewer reads and writes nothing, an editor writes all but keys', async () => {
    const writes = routes.filter(({ needs }) => needs !== 'viewer')
    const before = await fingerprint()
    expect(new Set(Object.values(await statusesOf(a.viewer, writes)))).toEqual(new Set([403]))
    expect(await fingerprint()).toBe(before)
    const reads = routes.filter(({ needs }) => needs === 'viewer')
    expect(new Set(Object.values(await statusesOf(a.viewer, reads)))).toEqual(new Set([200]))
    const forbidden = routes.filter(({ needs }) => needs === 'owner' || needs === 'operator')
    expect(new Set(Object.values(await statusesOf(a.editor, forbidden)))).toEqual(new Set([403]))
  })

  it('the owner may do all that is not the operators’', async () => {
    const own = routes.filter(({ needs }) => needs !== 'operator')
    for (const [route, status] of Object.entries(await statusesOf(a.owner, own))) {
      expect([route, status >= 200 && status < 300]).toEqual([route, true])
    }
  })

  it('an operator must name the company where something is made, and reads all companies otherwise', async () => {
    const refused = await world.call('POST', '/v1/apps', { body: { name: 'x' } })
    expect([refused.status, refused.body.code]).toEqual([400, 'COMPANY_REQUIRED'])
    const nobody = await world.call('POST', '/v1/apps', { company: 'cmp_none', body: { name: 'x' } })
    expect([nobody.status, nobody.body.code]).toEqual([404, 'NOT_FOUND'])
    await world.app(b.owner)
    const all = await world.call('GET', '/v1/apps')
    expect(new Set(all.body.data.map((app) => app.companyId))).toEqual(new Set(['cmp_a', 'cmp_b']))
  })

  it('the database holds no key, and lists show none', async () => {
    const { body } = await world.call('GET', '/v1/api-keys', { key: a.owner })
    const stored = JSON.stringify([body, await world.database.query('SELECT * FROM hooklane.api_key')])
    expect(body.data[0]).not.toHaveProperty('key')
    for (const key of [a.owner, a.editor, world.operatorKey]) expect(stored).not.toContain(key.slice(21, 64))
  })

  it('no variant of any path opens anything without a key', async () => {
    const variantsOf = (path: string) => [
      ...[`${path}/`, `/${path}`, `/%2e${path}`, path.toUpperCase(), `${path};a=b`, path.replace('/v1/', '/v1/./')],
      ...[path.replace('/v1/', '/v1%2f'), `${path}.json`, `${path}%20`, `/x/..${path}`],
    ]
    const paths = [...new Set(routes.map(({ path }) => path))].flatMap(variantsOf)
    for (const method of ['GET', 'HEAD', 'POST']) {
      const ask = (path: string) =>
        fetch(`${world.url}${path}`, {
          method,
          headers: { 'x-http-method-override': 'GET', 'x-original-url': '/v1/apps' },
        })
      const statuses = await Promise.all(paths.map(async (path) => [path, (await ask(path)).status >= 400]))
      expect(statuses).toEqual(paths.map((path) => [path, true]))
    }
  })

  it('a revoked key opens nothing from the next request on', async () => {
    const made = (await world.call('POST', '/v1/api-keys', { key: b.owner, body: { name: 'r', role: 'viewer' } })).body
    expect((await world.call('GET', '/v1/apps', { key: made.key })).status).toBe(200)
    await world.call('DELETE', `/v1/api-keys/${made.id}`, { key: b.owner })
    expect((await world.call('GET', '/v1/apps', { key: made.key })).status).toBe(401)
  })

  it('a wrong id takes as long as a wrong secret', async () => {
    const wrongSecret = withChecksum(`${b.owner.slice(0, 21)}${'A'.repeat(43)}_00000000`)
    const spent: Record<string, number[]> = { id: [], secret: [] }
    for (let n = 0; n < 20; n += 1) {
      for (const [what, key] of [['id', createApiKey('company').text] as const, ['secret', wrongSecret] as const]) {
        const startedMs = performance.now()
        expect((await world.call('GET', '/v1/apps', { key })).status).toBe(401)
        spent[what]!.push(performance.now() - startedMs)
      }
    }
    // The fastest of each: what a busy machine does besides only ever adds.
    const [id, secret] = [spent.id!, spent.secret!].map((times) => Math.min(...times))
    // Between an answer with a look-up and one without lies more.
    expect(Math.max(id! / secret!, secret! / id!)).toBeLessThan(3)
  })

  it('after ten wrong keys in a minute an address is told to wait; a right key from it still works', async () => {
    const strict = await ApiWorld.open({ wrongKeysPerMinute: 10 })
    const statuses: number[] = []
    for (let n = 0; n < 12; n += 1) statuses.push((await strict.call('GET', '/v1/apps', { key: 'hkc_x' })).status)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    const told = await strict.call('GET', '/v1/apps', { key: createApiKey('operator').text })
    expect([told.status, told.body.code]).toEqual([429, 'TOO_MANY_WRONG_KEYS'])
    expect(Number(told.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await strict.call('GET', '/v1/apps')).status).toBe(200)
    await strict.close()
  })
})
