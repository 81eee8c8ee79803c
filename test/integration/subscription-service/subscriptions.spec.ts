import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { decoderOf } from '@hooklane/contracts/public'
import { SubscriptionSchema } from '@hooklane/contracts/records'
import { createSealer } from '@hooklane/core/secrets'
import { HARMLESS_TARGETS, HOSTILE_TARGETS } from '../support/hostile-targets.js'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

/** A value of each field that a later version brings, beside the values that are accepted now. */
const LATER: Readonly<Record<string, unknown>> = {
  preset: 'qixol',
  filter: 'changed("/price")',
  'scope.channelIds': ['chn_1'],
  echo: 'suppress',
  coalesce: true,
  notificationPeriod: { unit: 'days', value: 2 },
  'notifications.emails': ['a@example.com'],
  'target.method': 'GET',
  'target.query': [{ name: 'a', value: 'b' }],
  'target.auth': { type: 'basic' },
  'workflow.trigger': 'x',
  'workflow.stop': 'x',
  'payload.type': 'xml',
  'payload.mode': 'thin',
  'payload.fields': ['/name'],
  'payload.static': { a: 1 },
  'payload.missing': 'null',
  'payload.template': '{}',
  'delivery.onRejected': 'disable',
  'delivery.onUnreachable': 'disable',
  'delivery.autoDisable': { threshold: 3 },
  'delivery.whileDisabled': 'hold',
}

/** Everything that a subscription can say, at its default: must be accepted. */
const COMPLETE = {
  name: 'Products to Shopware DE',
  preset: null,
  enabled: true,
  target: {
    url: 'https://shop.example.com/hooks',
    method: 'POST',
    headers: [
      { name: 'X-Api-Key', value: 's3cr3t-canary', secret: true },
      { name: 'X-Plain', value: 'seen' },
    ],
    query: [],
    auth: { type: 'none' },
  },
  events: ['products.*', 'brands.updated'],
  filter: null,
  scope: { channelIds: [] },
  workflow: { name: 'Products to Shopware DE', trigger: null, stop: null },
  echo: 'deliver',
  coalesce: false,
  externalId: null,
  payload: { type: 'json', mode: 'full', fields: [], static: {}, missing: 'omit', template: null },
  delivery: {
    success: '2xx',
    timeout: 'PT15S',
    retry: { attempts: 10, interval: 'PT6M', jitter: 0, on: 'any' },
    onRejected: 'deadLetter',
    onUnreachable: 'block',
    autoDisable: null,
    whileDisabled: null,
  },
  notificationPeriod: null,
  notifications: { emails: [] },
}

/** `{a: {b: value}}` of `a.b`. */
const nested = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object

describe('subscriptions', () => {
  let world: ApiWorld
  let owner: string
  let app: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    owner = (await world.company('cmp_a')).owner
    app = await world.app(owner)
    for (const name of ['products.created', 'products.updated', 'orders.created']) {
      await world.database.query(`INSERT INTO hooklane.event_type VALUES ($1, 'r', 'a', $1, 'pim')`, [name])
    }
  })
  afterAll(() => world.close())

  const create = (body: object) =>
    world.call('POST', '/v1/subscriptions', { key: owner, body: { appId: app, ...body } })
  const created = async (body: object = SUBSCRIPTION) => (await create(body)).body
  const patch = (id: string, body: object) => world.call('PATCH', `/v1/subscriptions/${id}`, { key: owner, body })
  const get = (id: string) => world.call('GET', `/v1/subscriptions/${id}`, { key: owner })

  it('the complete form at its defaults is accepted, and what is read is what was written', async () => {
    const { status, body } = await create(COMPLETE)
    expect(status).toBe(201)
    const { headers, ...target } = COMPLETE.target
    expect(body).toMatchObject({ ...COMPLETE, target })
    expect(body.target.headers).toEqual([
      { name: headers[0]!.name, secret: true },
      { name: 'X-Plain', value: 'seen', secret: false },
    ])
    expect(body).toMatchObject({ status: 'active', disabled: null })
    expect((await get(body.id)).body).not.toHaveProperty('secret')
  })

  it('only the app, the URL and the events are required', async () => {
    const { status, body } = await create(SUBSCRIPTION)
    expect(status).toBe(201)
    expect(body.delivery).toEqual({ ...COMPLETE.delivery })
    const empty = await world.call('POST', '/v1/subscriptions', { key: owner, body: {} })
    expect(empty.status).toBe(400)
    expect(empty.body.errors.map((fault) => `${fault.path} ${fault.code}`).sort()).toEqual([
      'appId REQUIRED',
      'events REQUIRED',
      'target REQUIRED',
    ])
  })

  it.each(Object.entries(LATER))('%s is known and refused as not available, by its path', async (path, value) => {
    const [first = ''] = path.split('.')
    const base: Record<string, unknown> = { appId: app, ...SUBSCRIPTION }
    const body = {
      ...base,
      [first]: { ...(base[first] as object), ...(nested(path, value) as Record<string, object>)[first] },
    }
    const refused = path.includes('.') ? await create(body) : await create({ ...base, [path]: value })
    expect([refused.status, refused.body.code]).toEqual([422, 'NOT_AVAILABLE'])
    // A field that is one object is refused as a whole.
    expect(path.startsWith(refused.body.errors[0]!.path)).toBe(true)
    const { id } = await created()
    const onPatch = await patch(id, path.includes('.') ? nested(path, value) : { [path]: value })
    expect([onPatch.status, onPatch.body.code]).toEqual([422, 'NOT_AVAILABLE'])
  })

  it.each([
    [{ colour: 'red' }, 'colour'],
    [{ target: { ...SUBSCRIPTION.target, colour: 'red' } }, 'target.colour'],
    [{ delivery: { retry: { colour: 1 } } }, 'delivery.retry.colour'],
    [
      { target: { ...SUBSCRIPTION.target, headers: [{ name: 'a', value: 'b', colour: 1 }] } },
      'target.headers.0.colour',
    ],
    [{ companyId: 'cmp_b' }, 'companyId'],
    [{ secret: 'whsec_x' }, 'secret'],
    [{ status: 'active' }, 'status'],
    [JSON.parse('{"__proto__": {"admin": true}}') as object, '__proto__'],
    [{ constructor: { prototype: {} } }, 'constructor'],
  ])('an unknown field of %j is refused by its name', async (extra, path) => {
    const body = Object.defineProperties({ appId: app, ...SUBSCRIPTION }, Object.getOwnPropertyDescriptors(extra))
    const refused = await world.call('POST', '/v1/subscriptions', { key: owner, body })
    expect([refused.status, refused.body.code]).toEqual([400, 'UNKNOWN_FIELD'])
    expect(refused.body.errors.map((fault) => fault.path)).toContain(path)
  })

  it.each([
    ['appId', 42],
    ['events', []],
    ['events', ['a', 'a.b']],
    ['events', ['a.b', 'a.b']],
    ['events', 'products.*'],
    ['target', []],
    ['target', 'https://x.example'],
    ['target', { url: 7 }],
    ['target', { url: 'https://shop.example.com', headers: [[]] }],
    ['target', { url: 'https://shop.example.com', headers: [null] }],
    ['target', { url: 'https://shop.example.com', headers: {} }],
    ['name', ''],
    ['name', 'a\nb'],
    ['name', 'a\0b'],
    ['name', null],
    ['enabled', 'yes'],
    ['delivery', { timeout: 'PT26S' }],
    ['delivery', { timeout: 'PT0.5S' }],
    ['delivery', { timeout: 15 }],
    ['delivery', { success: '3xx' }],
    ['delivery', { success: [404] }],
    ['delivery', { success: [] }],
    ['delivery', { onRejected: 'explode' }],
    ['delivery', { retry: { attempts: 0 } }],
    ['delivery', { retry: { attempts: 1e9 } }],
    ['delivery', { retry: { jitter: 0.6 } }],
    ['delivery', { retry: { backoff: { first: 'PT1S' } } }],
    ['delivery', null],
  ])('%s = %j is refused as a shape, with its path', async (field, value) => {
    const refused = await create({ ...SUBSCRIPTION, [field]: value })
    expect(refused.status).toBe(400)
    expect(refused.body.errors[0]!.path.startsWith(field)).toBe(true)
  })

  it.each([
    [{ retry: { attempts: 13, interval: 'PT6H' } }, 'SCHEDULE_TOO_LONG', 'delivery.retry'],
    [
      { retry: { interval: 'PT1S', backoff: { first: 'PT1S', factor: 2, max: 'PT1M' } } },
      'INTERVAL_OR_BACKOFF',
      'delivery.retry',
    ],
    [{ retry: { backoff: { first: 'PT2S', factor: 2, max: 'PT1S' } } }, 'BACKOFF_ORDER', 'delivery.retry.backoff'],
  ])('a policy %j is refused by the rule %s', async (delivery, code, path) => {
    const refused = await create({ ...SUBSCRIPTION, delivery })
    expect([refused.status, refused.body.code, refused.body.errors[0]!.path]).toEqual([422, code, path])
  })

  it('the delivery path gets durations in milliseconds, and a backoff in place of an interval', async () => {
    const { id } = await created({
      ...SUBSCRIPTION,
      delivery: {
        timeout: 'PT2.5S',
        success: [200, 201],
        retry: { attempts: 4, backoff: { first: 'PT1S', factor: 2, max: 'PT1M' } },
      },
    })
    const configuration = await world.configuration(`subscription:${id}`)
    expect(decoderOf(SubscriptionSchema)(Buffer.from(JSON.stringify(configuration)))).toMatchObject({ ok: true })
    expect(configuration.delivery).toEqual({
      success: [200, 201],
      timeoutMs: 2_500,
      retry: { attempts: 4, backoff: { firstMs: 1_000, factor: 2, maxMs: 60_000 }, jitter: 0, on: 'any' },
      onRejected: 'deadLetter',
      onUnreachable: 'block',
    })
  })

  it('secrets stand sealed in every table, and open with the key under their own name only', async () => {
    const { id, secret } = await created(COMPLETE)
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const tables = ['subscription', 'subscription_secret', 'configuration']
    const dump = JSON.stringify(
      await Promise.all(tables.map((table) => world.database.query(`SELECT * FROM hooklane.${table}`))),
    )
    for (const canary of [secret, secret.slice(6), 's3cr3t-canary']) expect(dump).not.toContain(canary)
    const { secrets, target } = await world.configuration(`subscription:${id}`)
    const sealer = createSealer([world.secretsKey])
    expect(sealer.unseal(secrets[0]!.sealed, `cmp_a/${id}/secret`)).toBe(secret)
    expect(sealer.unseal(target.headers[0]!.sealed, `cmp_a/${id}/header`)).toBe('s3cr3t-canary')
    expect(() => sealer.unseal(secrets[0]!.sealed, `cmp_b/${id}/secret`)).toThrow()
    expect(() => sealer.unseal(secrets[0]!.sealed, `cmp_a/${id}/header`)).toThrow()
  })

  it('a secret header that is written back without its value keeps it; a new one needs one', async () => {
    const { id } = await created(COMPLETE)
    const before = (await world.configuration(`subscription:${id}`)).target.headers[0]
    const kept = await patch(id, { target: { headers: [{ name: 'x-api-key', secret: true }] } })
    expect(kept.status).toBe(200)
    expect((await world.configuration(`subscription:${id}`)).target.headers).toEqual([
      { name: 'x-api-key', sealed: before!.sealed },
    ])
    const missing = await patch(id, { target: { headers: [{ name: 'X-Other', secret: true }] } })
    expect([missing.status, missing.body.errors[0]!.path]).toEqual([400, 'target.headers.0.value'])
  })

  it('rotation shows a new secret once; the one before signs beside it for a day', async () => {
    const { id, secret } = await created()
    const rotated = await world.call('POST', `/v1/subscriptions/${id}/secrets/rotate`, { key: owner })
    expect(rotated.status).toBe(200)
    expect(rotated.body.secret).not.toBe(secret)
    const dayMs = Date.parse(rotated.body.previousValidUntil) - Date.now()
    expect(dayMs).toBeGreaterThan(23.9 * 3_600_000)
    const { secrets } = await world.configuration(`subscription:${id}`)
    const sealer = createSealer([world.secretsKey])
    const texts = secrets.map((one) => sealer.unseal(one.sealed, `cmp_a/${id}/secret`))
    expect(texts).toEqual([rotated.body.secret, secret])
    expect(secrets.map((one) => one.validUntil)).toEqual([null, rotated.body.previousValidUntil])
  })

  it('disabling by a person is told with reason and instant, and enabling clears it', async () => {
    const { id } = await created()
    const post = (what: string) => world.call('POST', `/v1/subscriptions/${id}/${what}`, { key: owner })
    const disabled = await post('disable')
    expect([disabled.status, disabled.body.status, disabled.body.enabled]).toEqual([200, 'disabled', false])
    expect(disabled.body.disabled).toMatchObject({ reason: 'user', failures: 0, lastError: null })
    expect((await post('disable')).body.disabled.at).toBe(disabled.body.disabled.at)
    expect((await world.configuration(`subscription:${id}`)).enabled).toBe(false)
    const byStatus = async (status: string) =>
      (await world.call('GET', `/v1/subscriptions?appId=${app}&status=${status}&limit=100`, { key: owner })).body.data
        .map((one) => one.id)
        .includes(id)
    expect([await byStatus('disabled'), await byStatus('active'), await byStatus('failing')]).toEqual([
      true,
      false,
      false,
    ])
    expect((await post('enable')).body).toMatchObject({ status: 'active', disabled: null, enabled: true })
    const refused = await world.call('POST', `/v1/subscriptions/${id}/enable`, { key: owner, body: { force: true } })
    expect([refused.status, refused.body.errors[0]!.path]).toEqual([400, 'force'])
  })

  it('a subscription of which a delivery waits for its next attempt is failing', async () => {
    const { id } = await created()
    await world.database.query(
      `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
         event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       VALUES ((now() AT TIME ZONE 'UTC')::date, $1, 77, 'cmp_a', 'msg_77', $2, 1, 'g', 'e', 'products.updated', 'product', '1', 'events', 0, 0, now(), 'live', 'retrying')`,
      [app, id],
    )
    expect((await get(id)).body.status).toBe('failing')
    const { body } = await world.call('GET', '/v1/subscriptions?status=failing', { key: owner })
    expect(body.data.map((one) => [one.id, one.status])).toEqual([[id, 'failing']])
  })

  it('events that no type of the catalogue fits are warned about and accepted', async () => {
    const { status, body } = await create({
      ...SUBSCRIPTION,
      events: ['products.*', 'brands.updated', '*', 'orders.created'],
    })
    expect(status).toBe(201)
    expect(body.warnings).toEqual([expect.objectContaining({ code: 'UNKNOWN_EVENT_TYPE', path: 'events.1' })])
    expect((await patch(body.id, { events: ['products.updated'] })).body.warnings).toEqual([])
  })

  it('PATCH changes what it names, field by field', async () => {
    const { id } = await created({ ...COMPLETE, delivery: { timeout: 'PT5S', retry: { attempts: 3 } } })
    const { status, body } = await patch(id, {
      delivery: { retry: { jitter: 0.1 } },
      target: { url: 'https://shop.example.com/x' },
    })
    expect(status).toBe(200)
    expect(body.delivery).toMatchObject({ timeout: 'PT5S', retry: { attempts: 3, interval: 'PT6M', jitter: 0.1 } })
    expect(body.target).toMatchObject({ url: 'https://shop.example.com/x', method: 'POST' })
    expect(body.target.headers).toHaveLength(2)
    expect((await patch(id, { appId: 'app_other' })).body.code).toBe('UNKNOWN_FIELD')
  })

  it.each(Object.entries(HOSTILE_TARGETS))('%s: refused on create and on PATCH', async (_what, urls) => {
    const { id, target } = await created()
    for (const url of urls) {
      for (const refused of [
        await create({ ...SUBSCRIPTION, target: { url } }),
        await patch(id, { target: { url } }),
      ]) {
        expect([url, refused.status, refused.body.errors[0]!.path]).toEqual([url, 400, 'target.url'])
      }
    }
    expect((await get(id)).body.target).toEqual(target)
  })

  it.each(HARMLESS_TARGETS)('the target %s is accepted', async (url) => {
    expect((await create({ ...SUBSCRIPTION, target: { url } })).status).toBe(201)
  })

  it('a subscription to a metadata service is told why it is refused, and the others go on', async () => {
    const { id } = await created()
    const refused = await create({ ...SUBSCRIPTION, target: { url: 'https://169.254.169.254/' } })
    expect(refused.body.errors).toEqual([
      { path: 'target.url', code: 'ADDRESS_BLOCKED', message: 'must not be a private or reserved address' },
    ])
    const plain = await create({ ...SUBSCRIPTION, target: { url: 'http://169.254.169.254/' } })
    expect(plain.body.errors[0]).toEqual({
      path: 'target.url',
      code: 'URL_SCHEME',
      message: 'must begin with https://',
    })
    expect((await get(id)).body.status).toBe('active')
  })

  it('a target that the operator let through is accepted, and its URL is stored as it was understood', async () => {
    const { body } = await create({ ...SUBSCRIPTION, target: { url: 'HTTP://127.0.0.2:4100/A/../b' } })
    expect(body.target.url).toBe('http://127.0.0.2:4100/b')
  })

  it.each([
    'Host',
    'content-length',
    'Webhook-Signature',
    'X-Forwarded-For',
    'Metadata-Flavor',
    'Metadata',
    'X-aws-ec2-metadata-token',
    'X-aws-ec2-metadata-token-ttl-seconds',
    'pim-x',
    'Cookie',
    'bad name',
    '',
  ])('the header %j is refused', async (name) => {
    const refused = await create({
      ...SUBSCRIPTION,
      target: { ...SUBSCRIPTION.target, headers: [{ name, value: 'x' }] },
    })
    expect([refused.status, refused.body.errors[0]!.path]).toEqual([400, 'target.headers.0.name'])
  })

  it('a header value with a line break is refused and not repeated in the answer', async () => {
    const headers = [{ name: 'X-A', value: 'canary-value\r\nHost: evil', secret: true }]
    const refused = await create({ ...SUBSCRIPTION, target: { ...SUBSCRIPTION.target, headers } })
    expect(refused.status).toBe(400)
    expect(JSON.stringify(refused.body)).not.toContain('canary-value')
  })

  it.each([
    { companyId: 'cmp_b' },
    { id: 'sub_other' },
    { status: 'disabled' },
    { disabledAt: '2026-03-02T08:15:04Z' },
    { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    { failureCount: 0 },
    { revision: 1 },
  ])('PATCH with %j is refused by name and changes nothing', async (body) => {
    const { id } = await created()
    const [path = ''] = Object.keys(body)
    const rowsOf = () => world.database.query('SELECT * FROM hooklane.subscription WHERE id = $1', [id])
    const before = await rowsOf()
    const refused = await patch(id, { name: 'changed', ...body })
    expect([refused.status, refused.body.code, refused.body.errors.map((fault) => fault.path)]).toEqual([
      400,
      'UNKNOWN_FIELD',
      [path],
    ])
    expect(await rowsOf()).toEqual(before)
  })

  it('a deleted subscription is gone, and so is its configuration', async () => {
    const { id } = await created()
    expect((await world.call('DELETE', `/v1/subscriptions/${id}`, { key: owner })).status).toBe(204)
    expect((await get(id)).status).toBe(404)
    expect(await world.maybeConfiguration(`subscription:${id}`)).toBeNull()
  })
})
