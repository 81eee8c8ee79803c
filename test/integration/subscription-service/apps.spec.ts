import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { decoderOf } from '@hooklane/contracts/public'
import { AppSchema, CompanySchema } from '@hooklane/contracts/records'
import { WorkerGroupNotReady } from '@hooklane/core/worker-group'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

describe('companies, apps and worker groups', () => {
  let world: ApiWorld
  let owner: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    owner = (await world.company('cmp_a')).owner
  })
  afterAll(() => world.close())
  afterEach(() => {
    world.topics.refusal = null
  })

  it('a company is created, replaced and listed, and its configuration follows', async () => {
    const created = await world.call('PUT', '/v1/companies/cmp_n', { body: { name: 'Nordlys' } })
    expect([created.status, created.body.id, created.body.name]).toEqual([201, 'cmp_n', 'Nordlys'])
    const replaced = await world.call('PUT', '/v1/companies/cmp_n', { body: { name: 'Nordlys Living' } })
    expect([replaced.status, replaced.body.name]).toEqual([200, 'Nordlys Living'])
    const configuration = await world.configuration('company:cmp_n')
    expect(configuration).toEqual({ id: 'cmp_n', name: 'Nordlys Living', incarnation: 1 })
    expect(decoderOf(CompanySchema)(Buffer.from(JSON.stringify(configuration)))).toMatchObject({ ok: true })
  })

  it('a deleted company takes its keys, apps, subscriptions and configuration along', async () => {
    const company = await world.company('cmp_gone')
    const app = await world.app(company.owner)
    await world.call('POST', '/v1/subscriptions', { key: company.owner, body: { appId: app, ...SUBSCRIPTION } })
    expect((await world.call('DELETE', '/v1/companies/cmp_gone')).status).toBe(204)
    expect((await world.call('GET', '/v1/apps', { key: company.owner })).status).toBe(401)
    const left = await world.database.query<{ key: string }>(
      `SELECT key FROM hooklane.configuration WHERE body LIKE '%cmp_gone%'`,
    )
    expect(left).toEqual([{ key: `endedStream:${app}/1` }])
    expect((await world.call('GET', '/v1/companies/cmp_gone')).status).toBe(404)
  })

  it('an app has the form of the contract, its defaults, and a configuration row of the schema', async () => {
    const { status, body } = await world.call('POST', '/v1/apps', {
      key: owner,
      body: { name: 'Nordlys DE', type: 'shopware' },
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      externalId: null,
      name: 'Nordlys DE',
      type: 'shopware',
      worker: { mode: 'shared' },
      rateLimit: null,
      enabled: true,
      notifications: { emails: [], url: null },
      workerGroup: 'shared-webhook',
    })
    expect(body.id).toMatch(/^app_[0-9A-Z]{26}$/)
    const configuration = await world.configuration(`app:${body.id}`)
    expect(configuration).toMatchObject({
      id: body.id,
      companyId: 'cmp_a',
      workerGroup: 'shared-webhook',
      routeVersion: 0,
    })
    expect(decoderOf(AppSchema)(Buffer.from(JSON.stringify(configuration)))).toMatchObject({ ok: true })
  })

  it('an externalId is unique in its company and free in another one', async () => {
    const other = await world.company('cmp_other')
    const body = { name: 'x', externalId: 'shop-1' }
    expect((await world.call('POST', '/v1/apps', { key: owner, body })).status).toBe(201)
    const taken = await world.call('POST', '/v1/apps', { key: owner, body })
    expect([taken.status, taken.body.code, taken.body.errors[0]!.path]).toEqual([
      409,
      'EXTERNAL_ID_TAKEN',
      'externalId',
    ])
    expect((await world.call('POST', '/v1/apps', { key: other.owner, body })).status).toBe(201)
  })

  it('PUT under an own id is for operators; it creates, then replaces, and refuses another company’s id', async () => {
    const put = (company: string, name: string) => world.call('PUT', '/v1/apps/shop.7', { company, body: { name } })
    expect((await world.call('PUT', '/v1/apps/shop.7', { key: owner, body: { name: 'x' } })).status).toBe(403)
    expect((await put('cmp_a', 'one')).status).toBe(201)
    expect((await put('cmp_a', 'two')).body.name).toBe('two')
    const stranger = await put('cmp_other', 'three')
    expect([stranger.status, stranger.body.code]).toEqual([409, 'ID_TAKEN'])
    const bad = await world.call('PUT', '/v1/apps/a%20b', { company: 'cmp_a', body: { name: 'x' } })
    expect([bad.status, bad.body.errors[0]!.path]).toEqual([400, 'id'])
  })

  it('the worker mode changes until the first subscription, and never again', async () => {
    const app = await world.app(owner)
    const mode = (to: string) => world.call('PATCH', `/v1/apps/${app}`, { key: owner, body: { worker: { mode: to } } })
    expect((await mode('dedicated')).body.workerGroup).toBe(`dedicated-${app.toLowerCase().replace('_', '-')}-1`)
    expect((await mode('shared')).body.workerGroup).toBe('shared-webhook')
    const { body } = await world.call('POST', '/v1/subscriptions', {
      key: owner,
      body: { appId: app, ...SUBSCRIPTION },
    })
    const refused = await mode('dedicated')
    expect([refused.status, refused.body.code, refused.body.errors[0]!.path]).toEqual([
      409,
      'WORKER_MODE_FIXED',
      'worker.mode',
    ])
    await world.call('DELETE', `/v1/subscriptions/${body.id}`, { key: owner })
    expect((await mode('dedicated')).status).toBe(409)
    expect((await world.configuration(`app:${app}`)).workerGroup).toBe('shared-webhook')
  })

  it('a dedicated app brings its group: topics first, then group, owner row and configuration', async () => {
    const app = await world.app(owner, { worker: { mode: 'dedicated' } })
    const name = `dedicated-${app.toLowerCase().replace('_', '-')}-1`
    expect(world.topics.ensured.at(-1)).toEqual({ name, partitions: 1, slots: 0 })
    expect(await world.configuration(`workerGroup:${name}`)).toEqual({ name, partitions: 1, slots: 0 })
    const owners = await world.database.query(
      'SELECT partition FROM hooklane.partition_owner WHERE worker_group = $1',
      [name],
    )
    expect(owners).toEqual([{ partition: 0 }])
  })

  it('two ids that yield one dedicated group: the second is refused, also across companies', async () => {
    const put = (id: string, company: string) =>
      world.call('PUT', `/v1/apps/${id}`, { company, body: { name: 'x', worker: { mode: 'dedicated' } } })
    expect((await put('Twin.1', 'cmp_a')).status).toBe(201)
    const clash = await put('twin-1', 'cmp_other')
    expect([clash.status, clash.body.code]).toEqual([409, 'WORKER_GROUP_CLASH'])
  })

  it('without topics the app is not saved, and the answer names them', async () => {
    world.topics.refusal = new WorkerGroupNotReady('dedicated-x', ['hooklane.deliveries.dedicated-x (1 partition)'])
    const before = await world.database.query('SELECT count(*) FROM hooklane.app')
    const body = { name: 'x', worker: { mode: 'dedicated' } }
    const refused = await world.call('POST', '/v1/apps', { key: owner, body })
    expect([refused.status, refused.body.code]).toEqual([503, 'WORKER_GROUP_NOT_READY'])
    expect(refused.body.detail).toContain('hooklane.deliveries.dedicated-x')
    expect(refused.headers.get('retry-after')).not.toBeNull()
    expect(await world.database.query('SELECT count(*) FROM hooklane.app')).toEqual(before)
  })

  it('an operator makes a shared group for a type; apps of the type saved from then on go there', async () => {
    const before = await world.app(owner, { type: 'magento' })
    const made = await world.call('PUT', '/v1/worker-groups/shared-magento', { body: { partitions: 6, slots: 4 } })
    expect([made.status, made.body.partitions, made.body.slots, made.body.isServed]).toEqual([201, 6, 4, false])
    const after = await world.app(owner, { type: 'magento' })
    const groupOf = async (app: string) => (await world.call('GET', `/v1/apps/${app}`, { key: owner })).body.workerGroup
    expect([await groupOf(before), await groupOf(after)]).toEqual(['shared-webhook', 'shared-magento'])
    expect((await world.call('PUT', '/v1/worker-groups/shared-magento', { body: {} })).status).toBe(200)
    const fixed = await world.call('PUT', '/v1/worker-groups/shared-magento', { body: { partitions: 7 } })
    expect([fixed.status, fixed.body.code]).toEqual([409, 'WORKER_GROUP_FIXED'])
    const wrong = await world.call('PUT', '/v1/worker-groups/dedicated-x', { body: {} })
    expect([wrong.status, wrong.body.code]).toEqual([422, 'WORKER_GROUP_NAME'])
  })

  it('worker groups are listed with their lanes, the oldest age and who serves each partition', async () => {
    await world.database.query(
      `UPDATE hooklane.partition_owner SET owner = gen_random_uuid(), instance = 'd-1', lease_until = now() + interval '1 minute', epoch = 3
       WHERE worker_group = 'shared-webhook' AND partition = 1`,
    )
    await world.database.query(
      `INSERT INTO hooklane.lane (worker_group, app_id, partition, company_id, mode, settled, floor_offset, first_attempt_at)
       VALUES ('shared-webhook', 'app_q', 1, 'cmp_a', 'parked', 0, 0, now() - interval '90 seconds')`,
    )
    const { body } = await world.call('GET', '/v1/worker-groups?limit=100')
    const common = body.data.find((group) => group.name === 'shared-webhook')!
    expect(common.lanes).toEqual({ parked: 1, flow: 0 })
    expect(common.oldestAgeSeconds).toBeGreaterThan(89)
    expect(common.owners.map((one) => one.instance)).toEqual([null, 'd-1', null])
    expect(common.owners[1]).toMatchObject({ epoch: '3', partition: 1 })
  })

  it('worker groups tell what waits in their topics, or why that is not known', async () => {
    await world.call('PUT', '/v1/worker-groups/shared-away', { body: {} })
    world.backlogs.waiting.set('shared-webhook', { records: 42, reason: null })
    world.backlogs.waiting.set('shared-away', { records: null, reason: 'KAFKA_UNAVAILABLE' })
    const { data } = (await world.call('GET', '/v1/worker-groups?limit=100')).body
    const told = Object.fromEntries(data.map(({ name, backlog, backlogReason }) => [name, [backlog, backlogReason]]))
    expect(told).toMatchObject({ 'shared-webhook': [42, null], 'shared-away': [null, 'KAFKA_UNAVAILABLE'] })
  })

  it('while Kafka is away an app without ready topics is refused for now, and others are saved', async () => {
    const topics = ['hooklane.deliveries.dedicated-x (1 partitions, cleanup.policy delete)']
    world.topics.refusal = new WorkerGroupNotReady('dedicated-x', topics, { isUnanswered: true })
    const refused = await world.call('POST', '/v1/apps', {
      key: owner,
      body: { name: 'x', worker: { mode: 'dedicated' } },
    })
    expect([refused.status, refused.body.code]).toEqual([503, 'WORKER_GROUP_NOT_READY'])
    expect(refused.body.detail).toContain('Kafka does not answer')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await world.call('POST', '/v1/apps', { key: owner, body: { name: 'x' } })).status).toBe(201)
  })

  it('a lost race is told by the ETag', async () => {
    const app = await world.app(owner)
    const read = await world.call('GET', `/v1/apps/${app}`, { key: owner })
    const ifMatch = { 'if-match': read.headers.get('etag')! }
    const patch = (name: string) =>
      world.call('PATCH', `/v1/apps/${app}`, { key: owner, body: { name }, headers: ifMatch })
    expect((await patch('mine')).status).toBe(200)
    const lost = await patch('yours')
    expect([lost.status, lost.body.code]).toEqual([412, 'PRECONDITION_FAILED'])
    expect((await world.call('GET', `/v1/apps/${app}`, { key: owner })).body.name).toBe('mine')
  })
})
