import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { INSTANTS, NO_INSTANTS } from '../../../apps/subscription-service/src/http/instants.fixture.js'
import { ApiWorld, type Answer } from './api-world.js'

describe('the API', () => {
  let world: ApiWorld
  let a: Awaited<ReturnType<ApiWorld['company']>>
  let b: Awaited<ReturnType<ApiWorld['company']>>
  beforeAll(async () => {
    world = await ApiWorld.open()
    a = await world.company('cmp_a')
    b = await world.company('cmp_b')
    for (let i = 0; i < 7; i++) await world.app(a.owner, { name: `App ${i}` })
    await world.app(b.owner)
  })
  afterAll(() => world.close())

  const problem = (answer: Answer) => {
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    return [answer.status, answer.body.code]
  }

  it('a list is read page by page, each thing once, oldest first', async () => {
    const names: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page = await world.call('GET', `/v1/apps?limit=3${cursor && `&cursor=${cursor}`}`, { key: a.owner })
      names.push(...page.body.data.map((app) => app.name))
      cursor = page.body.nextCursor
    }
    expect(names).toEqual(Array.from({ length: 7 }, (_, i) => `App ${i}`))
  })

  it('a cursor of another company, another list, other filters, or of nobody is refused', async () => {
    const { nextCursor } = (await world.call('GET', '/v1/apps?limit=3', { key: a.owner })).body
    const refused = [
      await world.call('GET', `/v1/apps?cursor=${nextCursor}`, { key: b.owner }),
      await world.call('GET', `/v1/apps?cursor=${nextCursor}`),
      await world.call('GET', `/v1/subscriptions?cursor=${nextCursor}`, { key: a.owner }),
      await world.call('GET', `/v1/apps?cursor=${nextCursor!.slice(0, -1)}`, { key: a.owner }),
      await world.call('GET', '/v1/apps?cursor=e30', { key: a.owner }),
    ]
    for (const answer of refused) {
      expect([answer.status, answer.body.errors[0]]).toEqual([
        400,
        expect.objectContaining({ path: 'cursor', code: 'CURSOR_INVALID' }),
      ])
    }
    expect((await world.call('GET', `/v1/apps?cursor=${nextCursor}`, { key: a.viewer })).status).toBe(200)
  })

  it.each([
    'limit=1e9',
    'limit=-1',
    'limit=NaN',
    'limit=0',
    'limit=101',
    'limit=1&limit=2',
    'limit=',
    'colour=red',
    'cursor=',
    'cursor[]=x',
  ])('the list query ?%s is refused', async (query) =>
    expect((await world.call('GET', `/v1/apps?${query}`, { key: a.owner })).status).toBe(400),
  )

  it.each([
    "'; DROP TABLE app;--",
    '" OR ""="',
    '1) UNION SELECT 1--',
    '%00',
    '%ff',
    '$1',
    '../../etc',
    'a'.repeat(5_000),
  ])('the text %j in any filter or id never makes a server error', async (text) => {
    const value = text.startsWith('%') ? text : encodeURIComponent(text)
    for (const { method, path, operation } of world.documented.operations) {
      const queries = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
      for (const { name } of queries) {
        const answer = await world.call(method, `${path.replace(/\{\w+\}/, 'x')}?${name}=${value}`)
        expect([method, path, name, answer.status < 500]).toEqual([method, path, name, true])
        expect(answer.text).not.toMatch(/syntax error|invalid input syntax|pg_|relation "/i)
      }
    }
    for (const path of ['apps', 'subscriptions', 'deliveries', 'event-types']) {
      expect((await world.call('GET', `/v1/${path}/${value}`, { key: a.owner })).status).toBeLessThan(500)
    }
    expect((await world.call('DELETE', `/v1/api-keys/${value}`, { key: a.owner })).status).toBeLessThan(500)
  })

  it('every fault is a problem with a code: unknown routes, malformed JSON, other types, too large, too deep', async () => {
    const post = (body: unknown, headers: Record<string, string> = {}) =>
      world.call('POST', '/v1/apps', { key: a.owner, body, headers })
    expect(problem(await world.call('GET', '/v1/nothing', { key: a.owner }))).toEqual([404, 'NOT_FOUND'])
    expect(problem(await world.call('GET', '/', { key: null }))).toEqual([404, 'NOT_FOUND'])
    expect(problem(await world.call('DELETE', '/v1/apps', { key: a.owner }))).toEqual([404, 'NOT_FOUND'])
    expect(problem(await post('{"name":'))).toEqual([400, 'MALFORMED_JSON'])
    expect(problem(await post('"text"'))).toEqual([400, 'MALFORMED_JSON'])
    expect(problem(await post('[]'))[0]).toBe(400)
    expect(problem(await post('name=x', { 'content-type': 'text/plain' }))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    expect(problem(await post({ name: 'x'.repeat(300_000) }))).toEqual([413, 'BODY_TOO_LARGE'])
    expect(problem(await post(`${'[{"a":'.repeat(30_000)}1${'}]'.repeat(30_000)}`))[0]).toBeGreaterThanOrEqual(400)
    expect(problem(await post(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`))).toEqual([400, 'BODY_TOO_DEEP'])
    expect(problem(await post(Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [`k${i}`, i]))))).toEqual([
      413,
      'BODY_TOO_LARGE',
    ])
  })

  it('deliveries are listed newest first, filtered by each field, and shown with their attempts and earlier numbers', async () => {
    const insert = (
      sequence: number,
      extra: { id: string; type: string; entity: string; status: string; at: string },
    ) =>
      world.database.query(
        `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
           event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status, attempts)
         VALUES (($6::timestamptz AT TIME ZONE 'UTC')::date, 'app_1', $1, 'cmp_a', $2, 'sub_1', 1, 'g', 'evt_1', $3, 'product', $4, 'events', 0, 0, $6, 'live', $5, 2)`,
        [sequence, extra.id, extra.type, extra.entity, extra.status, extra.at],
      )
    await world.database.query(
      `SELECT hooklane.ensure_log_partitions(d::date) FROM unnest(ARRAY['2026-03-01', '2026-03-02']) d`,
    )
    await insert(1, {
      id: 'msg_a',
      type: 'products.updated',
      entity: 'p/1',
      status: 'delivered',
      at: '2026-03-01T23:59:59.999Z',
    })
    await insert(2, {
      id: 'msg_b',
      type: 'products.deleted',
      entity: 'p2',
      status: 'deadLettered',
      at: '2026-03-02T00:00:00.000Z',
    })
    await insert(3, {
      id: 'msg_a',
      type: 'products.updated',
      entity: 'p/1',
      status: 'delivered',
      at: '2026-03-02T10:00:00.000001Z',
    })
    for (const [sequence, attempt, day] of [
      [1, 1, '2026-03-01'],
      [3, 2, '2026-03-02'],
      [3, 1, '2026-03-02'],
    ] as const) {
      await world.database.query(
        `INSERT INTO hooklane.attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, duration_ms,
           request_method, request_url, request_headers, request_bytes, request_digest, response_status, response_headers, response_body, decision, status)
         VALUES ($3::date, 'app_1', $1::int, 'attempt', $2::int, 'att' || $1::int || $2::int, 'cmp_a', 'msg_a', 5, $3::date::timestamptz + $2::int * interval '1 minute', 12.5,
           'POST', 'https://x.example', '{"a":"b"}', 10, 'sha-256=:x:', 200, '{}', 'ok', 'delivered', 'delivered')`,
        [sequence, attempt, day],
      )
    }
    const sequences = async (query: string, key = a.viewer) =>
      (await world.call('GET', `/v1/deliveries?${query}`, { key })).body.data.map((one) => one.sequence)
    expect(await sequences('')).toEqual([3, 2, 1])
    expect(await sequences('', b.viewer)).toEqual([])
    expect(await sequences('appId=app_1&subscriptionId=sub_1&status=delivered')).toEqual([3, 1])
    expect(await sequences('eventType=products.deleted')).toEqual([2])
    expect(await sequences('entity=product%2Fp%2F1')).toEqual([3, 1])
    expect(await sequences('entity=p2')).toEqual([2])
    expect(await sequences('from=2026-03-02T00:00:00Z&to=2026-03-02T10:00:00Z')).toEqual([2])
    expect(await sequences('to=2026-03-02T01:00:00%2B01:00')).toEqual([1])
    const first = await world.call('GET', '/v1/deliveries?limit=1', { key: a.viewer })
    const second = await world.call('GET', `/v1/deliveries?limit=1&cursor=${first.body.nextCursor}`, { key: a.viewer })
    expect(second.body.data[0]!.sequence).toBe(2)

    const one = (await world.call('GET', '/v1/deliveries/msg_a', { key: a.viewer })).body
    expect(one).toMatchObject({
      id: 'msg_a',
      sequence: 3,
      entity: { type: 'product', id: 'p/1', key: null, url: null },
    })
    expect(one.earlier.map((each) => each.sequence)).toEqual([1])
    const attempts = (await world.call('GET', '/v1/deliveries/msg_a/attempts', { key: a.viewer })).body.data
    expect(attempts.map((each) => each.attemptId)).toEqual(['att11', 'att31', 'att32'])
    expect(attempts[0]).toMatchObject({
      sequence: 1,
      attempt: 1,
      durationMs: 12.5,
      request: { method: 'POST', headers: { a: 'b' }, bytes: 10 },
      response: { status: 200, body: 'ok' },
      error: null,
    })
  })

  it('PostgreSQL reads every instant that the API takes; what is none is refused with the field', async () => {
    const statusOf = async (field: string, text: string) => {
      const answer = await world.call('GET', `/v1/deliveries?${field}=${encodeURIComponent(text)}`, { key: a.viewer })
      return [text, answer.status]
    }
    for (const field of ['from', 'to']) {
      for (const text of INSTANTS) expect(await statusOf(field, text)).toEqual([text, 200])
      for (const text of NO_INSTANTS.filter(Boolean)) expect(await statusOf(field, text)).toEqual([text, 400])
    }
  })

  it('the OpenAPI 3.1 document is served without a key and lists every route of the router; so are the pages', async () => {
    const { status, body } = await world.call('GET', '/v1/openapi.json', { key: null })
    expect([status, body.openapi]).toEqual([200, '3.1.0'])
    const documented = Object.entries(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    interface Layer {
      readonly route?: { readonly path: string; readonly methods: Record<string, boolean> }
    }
    const { stack } = (world.api.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } }).router
    const routed = stack.flatMap(({ route }) =>
      route?.path.startsWith('/v1/') ? Object.keys(route.methods).map((method) => `${method} ${route.path}`) : [],
    )
    const undocumented = routed.filter((route) => !documented.includes(route))
    expect(undocumented).toEqual(['get /v1/openapi.json'])
    expect(documented.length).toBeGreaterThan(25)
    const { properties } = body.components.schemas.WriteSubscription!
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['appId', 'target', 'events', 'delivery', 'filter']))
    const pages = await world.call('GET', '/docs', { key: null })
    expect(pages.status).toBe(200)
    // The content security policy allows no inline script.
    expect(pages.text).not.toMatch(/<script>(?!\s*<\/script>)/)
    expect((await world.call('GET', '/docs/swagger-ui-init.js', { key: null })).status).toBe(200)
  })

  it('a list takes as long to ask for deep down as at its start: 100 at most, and no offset', async () => {
    for (const { path, operation, method } of world.documented.operations) {
      const names = (operation.parameters ?? []).map(({ name }) => name)
      if (!names.includes('cursor')) continue
      expect(names).not.toContain('offset')
      const answer = await world.call(method, `${path.replace(/\{\w+\}/, 'x')}?limit=101`)
      expect([path, answer.status, answer.body.errors[0]!.path]).toEqual([path, 400, 'limit'])
    }
  })

  it('while Postgres is away the answer is 503 with Retry-After, and afterwards the API works again', async () => {
    await world.database.refuseConnections()
    for (let i = 0; i < 6; i++) {
      const answer = await world.call('GET', '/v1/apps', { key: a.owner })
      expect(problem(answer)).toEqual([503, 'DATABASE_UNAVAILABLE'])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    await world.database.acceptConnections()
    expect((await world.call('GET', '/v1/apps', { key: a.owner })).status).toBe(200)
  })
})
