import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

interface Case {
  readonly path: string
  readonly writes: readonly { readonly method: string; readonly path: string; readonly body?: object }[]
}

describe('preconditions', () => {
  let world: ApiWorld
  const company = 'cmp_a'
  const resources: Record<string, Case> = {}
  beforeAll(async () => {
    world = await ApiWorld.open()
    const { owner } = await world.company(company)
    const app = await world.app(owner)
    const body = { appId: app, ...SUBSCRIPTION }
    const { id } = (await world.call('POST', '/v1/subscriptions', { key: owner, body })).body
    const at = (path: string, ...writes: [method: string, body?: object | null, below?: string][]) => ({
      path,
      writes: writes.map(([method, content, below = '']) => ({
        method,
        path: `${path}${below}`,
        ...(content ? { body: content } : {}),
      })),
    })
    resources.subscription = at(
      `/v1/subscriptions/${id}`,
      ['PATCH', { name: 'y' }],
      ['POST', null, '/disable'],
      ['POST', null, '/enable'],
      ['POST', null, '/secrets/rotate'],
      ['DELETE'],
    )
    resources.app = at(`/v1/apps/${app}`, ['PATCH', { name: 'y' }], ['PUT', { name: 'z' }], ['DELETE'])
    resources.company = at(`/v1/companies/${company}`, ['PUT', { name: 'y' }], ['DELETE'])
  })
  afterAll(() => world.close())

  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
    world.call(method, path, { company, headers, ...(body ? { body } : {}) })

  // In this order: the later ones take the earlier ones along.
  it.each(['subscription', 'app', 'company'])(
    'a %s is changed and deleted by who knows its version, by nobody else',
    async (kind) => {
      const { path, writes } = resources[kind]!
      for (const { method, path: target, body } of writes) {
        const read = await call('GET', path)
        const etag = read.headers.get('etag')!
        for (const stale of ['"0"', 'x', '"0", "999"', '']) {
          const refused = await call(method, target, { 'if-match': stale }, body)
          expect([method, target, refused.status, refused.body.code]).toEqual([
            method,
            target,
            412,
            'PRECONDITION_FAILED',
          ])
          expect(refused.headers.get('etag')).toBe(etag)
        }
        expect((await call('GET', path)).text).toBe(read.text)
        const done = await call(method, target, { 'if-match': `"0", ${etag}` }, body)
        expect([method, target, done.status < 300]).toEqual([method, target, true])
        if (method === 'DELETE') continue
        const now = (await call('GET', path)).headers.get('etag')
        expect([done.headers.get('etag'), now === etag]).toEqual([now, false])
      }
    },
  )

  it('who knows the version is answered 304 without a body', async () => {
    await call('PUT', '/v1/companies/cmp_known', {}, { name: 'x' })
    const { headers } = await call('GET', '/v1/companies/cmp_known')
    const known = await call('GET', '/v1/companies/cmp_known', { 'if-none-match': headers.get('etag')! })
    expect([known.status, known.text, known.headers.get('etag')]).toEqual([304, '', headers.get('etag')])
    await call('PUT', '/v1/companies/cmp_known', {}, { name: 'y' })
    const changed = await call('GET', '/v1/companies/cmp_known', { 'if-none-match': headers.get('etag')! })
    expect([changed.status, changed.body.name]).toEqual([200, 'y'])
  })

  it.each(['/v1/companies/cmp_new', '/v1/apps/app.new'])(
    'PUT %s makes with If-None-Match: *, and replaces with If-Match: *, never the other way round',
    async (path) => {
      await call('PUT', `/v1/companies/${company}`, {}, { name: 'x' })
      const put = async (headers: Record<string, string>) => (await call('PUT', path, headers, { name: 'x' })).status
      expect(await put({ 'if-match': '*' })).toBe(412)
      expect(await put({ 'if-match': '"1"' })).toBe(412)
      expect(await put({ 'if-none-match': '*' })).toBe(201)
      expect(await put({ 'if-none-match': '*' })).toBe(412)
      expect(await put({ 'if-match': '*' })).toBe(200)
    },
  )

  it('of two who change the same version at once, one is told', async () => {
    await call('PUT', '/v1/companies/cmp_race', {}, { name: 'x' })
    const etag = (await call('GET', '/v1/companies/cmp_race')).headers.get('etag')!
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => call('PUT', '/v1/companies/cmp_race', { 'if-match': etag }, { name })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412])
    const won = answers.find(({ status }) => status === 200)!
    expect((await call('GET', '/v1/companies/cmp_race')).body.name).toBe(won.body.name)
  })

  it.each(['/v1/companies/cmp_many', '/v1/apps/app.many'])(
    'PUT %s by many at once makes one and replaces it',
    async (path) => {
      await call('PUT', `/v1/companies/${company}`, {}, { name: 'x' })
      const answers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => call('PUT', path, {}, { name })))
      const statuses = answers.map(({ status }) => status).sort()
      expect([statuses[0], statuses.at(-1)]).toEqual([200, 201])
      expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    },
  )
})
