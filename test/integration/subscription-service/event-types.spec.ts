import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OWN_EVENT_TYPES, RESYNC_REASONS } from '@hooklane/contracts/public'
import { buildResyncEvent, type ResyncNotice } from '@hooklane/core/capture'
import { migrate } from '@hooklane/postgres'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFile } from 'node:fs/promises'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

const REFERENCE = new URL('../../../docs/reference/', import.meta.url)

describe('the catalogue of event types', () => {
  let world: ApiWorld
  let viewer: string
  let owner: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    ;({ viewer, owner } = await world.company('cmp_a'))
    for (const type of ['products.updated', 'zones.created']) {
      const [resource, action] = type.split('.')
      await world.database.query('INSERT INTO hooklane.event_type VALUES ($1, $2, $3, $1, $4)', [
        type,
        resource,
        action,
        'pim',
      ])
    }
  })
  afterAll(() => world.close())

  const read = (path: string) => world.call('GET', `/v1/event-types${path}`, { key: viewer })

  it('lists Hooklane’s own types among those of producers, by name, page by page, and says whose they are', async () => {
    const { body: first } = await read('?limit=2')
    const { body: second } = await read(`?limit=2&cursor=${first.nextCursor}`)
    const listed = [...first.data, ...second.data].map(({ name, source, isBuiltIn }) => [name, source, isBuiltIn])
    expect(listed).toEqual([
      ['products.updated', 'pim', false],
      ['resync.required', 'hooklane', true],
      ['zones.created', 'pim', false],
    ])
    expect(second.nextCursor).toBeNull()
  })

  it.each(OWN_EVENT_TYPES.map((type) => [type.name, type] as const))('%s is described in full', async (name, type) => {
    const { status, body } = await read(`/${name}`)
    expect(status).toBe(200)
    const published = JSON.parse(await readFile(new URL(`${name}.schema.json`, REFERENCE), 'utf8')) as object
    const { resource, action, title } = type
    expect(body).toEqual({
      ...{ name, resource, action, title, source: 'hooklane', isBuiltIn: true },
      dataSchema: published,
    })
  })

  it('types of producers have no schema here', async () => {
    expect((await read('/products.updated')).body).toMatchObject({ isBuiltIn: false, dataSchema: null })
  })

  it('the schema that it shows takes the data of every reason, and nothing that the router refuses', async () => {
    const { dataSchema } = (await read('/resync.required')).body
    const fits = new Ajv2020({ strict: false }).compile(dataSchema as object)
    const position = '0001-000000000152BAC0-00000002'
    for (const reason of Object.keys(RESYNC_REASONS) as ResyncNotice['reason'][]) {
      const place = { producer: 'pim', companyId: 'cmp_a', position, occurredAt: '2026-03-02T08:15:04.190Z' }
      const { data } = buildResyncEvent({ ...place, from: null, to: position, reason, resources: ['products'] })
      expect([reason, fits(data)]).toEqual([reason, true])
      expect(fits({ ...data, reason: 'bored' })).toBe(false)
      expect(fits({ ...data, resources: ['a b'] })).toBe(false)
    }
  })

  it('an own type may be named, which changes nothing and is no mistake', async () => {
    const { body: app } = await world.call('POST', '/v1/apps', { key: owner, body: { name: 'App' } })
    const subscribe = async (events: readonly string[]) =>
      (await world.call('POST', '/v1/subscriptions', { key: owner, body: { ...SUBSCRIPTION, appId: app.id, events } }))
        .body.warnings
    expect(await subscribe(['products.*', 'resync.required'])).toEqual([])
    expect(await subscribe(['resync.*'])).toEqual([])
    expect(await subscribe(['resync.requierd'])).toEqual([
      expect.objectContaining({ code: 'UNKNOWN_EVENT_TYPE', path: 'events.0' }),
    ])
  })

  it('what was delivered of an own type is found by the type and by the subscription that it was about', async () => {
    await world.database.query(
      `INSERT INTO hooklane.delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id,
         event_type, entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       SELECT (now() AT TIME ZONE 'UTC')::date, 'app_1', n, 'cmp_a', 'msg_' || n, 'sub_' || n, 1, 'g', 'evt_' || n,
         type, entity, 'sub_' || n, 'events', 0, n, now(), 'live', 'delivered'
       FROM (VALUES (1, 'resync.required', 'subscription'), (2, 'resync.required', 'subscription'), (3, 'products.updated', 'product'))
         AS logged (n, type, entity)`,
    )
    const found = async (query: string) =>
      (await world.call('GET', `/v1/deliveries?${query}`, { key: viewer })).body.data.map(({ id }) => id).sort()
    expect(await found('eventType=resync.required')).toEqual(['msg_1', 'msg_2'])
    expect(await found('entity=subscription/sub_2')).toEqual(['msg_2'])
  })

  it('takes a new title of an own type with the next migration', async () => {
    await world.database.query(`UPDATE hooklane.event_type SET title = 'as it was' WHERE name = 'resync.required'`)
    await migrate(world.database.url)
    expect((await read('/resync.required')).body.title).toBe('Entities must be fetched again')
  })
})
