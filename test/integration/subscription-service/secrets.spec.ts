import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createSealer } from '@hooklane/core/secrets'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

const URL_WITH_SECRETS = 'https://hooks.example.com/services/T0/CANARY-path?shop=CANARY-shop&key=CANARY-key'
const SHOWN = 'https://hooks.example.com/services/***?shop=***&key=***'

/** Where the API stores something of a subscription. */
const TABLES = ['subscription', 'subscription_secret', 'configuration', 'idempotency_key', 'app', 'company'] as const

describe('secrets of subscriptions', () => {
  let world: ApiWorld
  let owner: string
  let viewer: string
  let appKey: string
  let app: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    const company = await world.company('cmp_a')
    owner = company.owner
    viewer = company.viewer
    app = await world.app(owner)
    appKey = (await world.call('POST', '/v1/api-keys', { key: owner, body: { name: 'reads', appId: app } })).body.key
  })
  afterAll(() => world.close())

  const create = (target: object, headers: Readonly<Record<string, string>> = {}) =>
    world.call('POST', '/v1/subscriptions', { key: owner, headers, body: { ...SUBSCRIPTION, appId: app, target } })
  const created = async (target: object) => (await create(target)).body
  const patch = (id: string, target: object) =>
    world.call('PATCH', `/v1/subscriptions/${id}`, { key: owner, body: { target } })
  const rowOf = async (id: string) =>
    (await world.database.query('SELECT * FROM hooklane.subscription WHERE id = $1', [id]))[0]
  const dump = async () =>
    JSON.stringify(await Promise.all(TABLES.map((table) => world.database.query(`SELECT * FROM hooklane.${table}`))))
  /** The URL that deliveries go to. */
  const opened = async (id: string) => {
    const { url } = (await world.configuration(`subscription:${id}`)).target
    if (typeof url === 'string') return url
    return createSealer([world.secretsKey]).unseal(url.sealed, `cmp_a/${id}/url`)
  }

  it('are recognised where they enter: no table and no answer holds one', async () => {
    const headers = [
      { name: 'Authorization', value: 'Bearer CANARY-bearer' },
      { name: 'x_api_key', value: 'CANARY-underscores', secret: false },
      { name: 'X-Session', value: 'CANARY-session' },
      { name: 'X-Passed-On', value: 'Basic CANARY/basic==' },
      { name: 'X-Mine', value: 'CANARY-mine', secret: true },
      { name: 'X-Plain', value: 'plain' },
    ]
    const answer = await create({ url: URL_WITH_SECRETS, headers }, { 'idempotency-key': 'once' })
    expect(answer.status).toBe(201)
    const { id } = answer.body
    expect(answer.body.target).toMatchObject({
      url: SHOWN,
      headers: [
        ...headers.slice(0, 5).map(({ name }) => ({ name, secret: true })),
        { name: 'X-Plain', value: 'plain', secret: false },
      ],
    })
    const again = await create({ url: URL_WITH_SECRETS, headers }, { 'idempotency-key': 'once' })
    const rotated = await world.call('POST', `/v1/subscriptions/${id}/secrets/rotate`, { key: owner })
    const disabled = await world.call('POST', `/v1/subscriptions/${id}/disable`, { key: owner })
    const patched = await patch(id, { headers })
    const read = await Promise.all(
      [owner, viewer, appKey].flatMap((key) =>
        ['', `/${id}`].map((path) => world.call('GET', `/v1/subscriptions${path}`, { key })),
      ),
    )
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const answers = [answer, again, rotated, disabled, patched, ...read]
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 200, 200, 200, 200, 200, 200])
    for (const { text, headers: own } of answers) expect(text + JSON.stringify([...own])).not.toContain('CANARY')
    expect(await dump()).not.toContain('CANARY')
    expect(await opened(id)).toBe(URL_WITH_SECRETS)
  })

  it('that were stored in clear by another way are not shown', async () => {
    const { id } = await created(SUBSCRIPTION.target)
    await world.database.query(
      `UPDATE hooklane.subscription SET target_url = $2, target_headers = '[{"name":"Authorization","value":"CANARY"}]' WHERE id = $1`,
      [id, URL_WITH_SECRETS],
    )
    const { text, body } = await world.call('GET', `/v1/subscriptions/${id}`, { key: viewer })
    expect(text).not.toContain('CANARY')
    expect(body.target).toMatchObject({ url: SHOWN, headers: [{ name: 'Authorization', secret: true }] })
    const elsewhere = await patch(id, { url: 'https://other.example.com/' })
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'SECRETS_REQUIRED'])
    expect((await patch(id, { headers: [{ name: 'authorization' }] })).status).toBe(200)
    expect(JSON.stringify(await world.configuration(`subscription:${id}`))).not.toContain('"CANARY"')
  })

  it('a target that is written back as it was read stays what it is', async () => {
    const secret = { name: 'X-Mine', value: 'CANARY', secret: true }
    const { id, target } = await created({ url: URL_WITH_SECRETS, headers: [secret] })
    const before = await rowOf(id)
    expect((await patch(id, target)).status).toBe(200)
    const masked = { ...target, headers: [{ ...secret, value: '***' }] }
    expect((await patch(id, masked)).status).toBe(200)
    const { target_url_sealed, target_headers } = before as Record<string, unknown>
    expect(await rowOf(id)).toMatchObject({ target_url_sealed, target_headers })
    expect(await opened(id)).toBe(URL_WITH_SECRETS)
  })

  it.each([
    'https://hooks.example.com/services/***?shop=***&key=***',
    'https://hooks.example.com/***',
    'https://hooks.example.com/?***',
    'https://hooks.example.com/services?key=***',
  ])('the URL %s was copied from an answer: it is never called', async (url) => {
    const refused = await create({ url })
    expect([refused.status, refused.body.code, refused.body.errors[0]!.path]).toEqual([
      422,
      'SECRETS_REQUIRED',
      'target.url',
    ])
    const { id } = await created({ url: 'https://hooks.example.com/services/T0/other?key=other' })
    expect((await patch(id, { url })).status).toBe(422)
    expect(await opened(id)).toBe('https://hooks.example.com/services/T0/other?key=other')
  })

  const RECEIVER = 'http://127.0.0.2:4100/hooks'
  const ENTRUSTED = [
    { name: 'X-Mine', value: 'CANARY-1', secret: true },
    { name: 'Authorization', value: 'CANARY-2' },
  ]

  it.each([
    'http://127.0.0.2:4101/hooks',
    'http://127.0.0.2/hooks',
    'https://127.0.0.2:4100/hooks',
    'https://shop.example.com/hooks',
    'https://127.0.0.2.shop.example.com:8443/hooks',
  ])('are never sent to %s when they were written for another origin', async (url) => {
    const { id } = await created({ url: RECEIVER, headers: ENTRUSTED })
    const before = await rowOf(id)
    const kept = { name: 'X-Mine', secret: true }
    const named = { name: 'authorization' }
    const attempts: [object, string[]][] = [
      [{ url }, ['target.headers']],
      [{ url, headers: [kept, named] }, ['target.headers.0.value', 'target.headers.1.value']],
      [{ url, headers: [{ ...kept, value: '***' }] }, ['target.headers.0.value']],
      [{ url, headers: [ENTRUSTED[0], named] }, ['target.headers.1.value']],
      [{ url, headers: [{ name: 'X-Plain', value: 'x' }, named] }, ['target.headers.1.value']],
    ]
    for (const [target, paths] of attempts) {
      const refused = await patch(id, target)
      expect([refused.status, refused.body.code]).toEqual([422, 'SECRETS_REQUIRED'])
      expect(refused.body.errors.map((fault) => fault.path)).toEqual(paths)
      expect(refused.text).not.toContain('CANARY')
      expect(await rowOf(id)).toEqual(before)
    }
    const again = await patch(id, { url, headers: ENTRUSTED })
    expect([again.status, again.body.target.headers.length]).toEqual([200, 2])
    expect((await patch(id, { url: RECEIVER, headers: [] })).status).toBe(200)
  })

  it.each([
    'http://127.0.0.2:4100/other/path?key=1',
    'HTTP://127.0.0.2:04100/hooks',
    'http://127.2:4100/hooks',
    'http://127.0.0.2:4100/hooks',
  ])('go on being sent to %s, which is the same origin', async (url) => {
    const { id } = await created({ url: RECEIVER, headers: ENTRUSTED })
    expect((await patch(id, { url })).status).toBe(200)
    const { target } = await world.configuration(`subscription:${id}`)
    expect(target.headers.map(({ name }) => name)).toEqual(['X-Mine', 'Authorization'])
  })

  it('a URL of another origin needs no more than itself where nothing else is secret', async () => {
    const { id, secret } = await created({ url: URL_WITH_SECRETS, headers: [{ name: 'X-Plain', value: 'plain' }] })
    const moved = await patch(id, { url: 'https://other.example.com/hooks' })
    expect([moved.status, moved.body.target.url]).toEqual([200, 'https://other.example.com/hooks'])
    expect(moved.body.target.headers).toEqual([{ name: 'X-Plain', value: 'plain', secret: false }])
    const { secrets } = await world.configuration(`subscription:${id}`)
    expect(createSealer([world.secretsKey]).unseal(secrets[0]!.sealed, `cmp_a/${id}/secret`)).toBe(secret)
  })

  it.each<[string, object]>([
    ['a user', { url: 'https://joe:CANARY@shop.example.com/' }],
    ['a fragment', { url: 'https://shop.example.com/?key=CANARY#x' }],
    ['a scheme', { url: 'ftp://shop.example.com/?key=CANARY' }],
    ['an address', { url: 'https://10.0.0.1/?key=CANARY' }],
    ['a blank', { url: 'https://shop.example.com/ CANARY' }],
    ['length', { url: `https://shop.example.com/${'CANARY'.repeat(400)}` }],
    ['a URL that is no text', { url: ['CANARY'] }],
    ['a line break in a value', { ...SUBSCRIPTION.target, headers: [{ name: 'X-A', value: 'CANARY\n' }] }],
    ['the length of a value', { ...SUBSCRIPTION.target, headers: [{ name: 'X-A', value: 'CANARY'.repeat(200) }] }],
    ['a reserved name', { ...SUBSCRIPTION.target, headers: [{ name: 'Webhook-CANARY', value: 'x' }] }],
    ['a name with a blank', { ...SUBSCRIPTION.target, headers: [{ name: 'CANARY CANARY', value: 'x' }] }],
    ['a value that is no text', { ...SUBSCRIPTION.target, headers: [{ name: 'X-A', value: ['CANARY'] }] }],
    ['a flag that is none', { ...SUBSCRIPTION.target, headers: [{ name: 'X-A', value: 'x', secret: 'CANARY' }] }],
    ['a header that is none', { ...SUBSCRIPTION.target, headers: ['CANARY'] }],
    ['parameters', { ...SUBSCRIPTION.target, query: [{ name: 'key', value: 'CANARY' }] }],
    ['credentials of later versions', { ...SUBSCRIPTION.target, auth: { type: 'basic', password: 'CANARY' } }],
  ])('a refusal for %s does not repeat them', async (_why, target) => {
    const refused = await create(target)
    expect([400, 422]).toContain(refused.status)
    expect(refused.text).not.toContain('CANARY')
  })
})
