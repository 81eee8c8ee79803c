import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { WorkerGroupNotReady } from '@hooklane/core/worker-group'
import { createLogger } from '@hooklane/observability'
import { GroupRemoval } from '../../../apps/subscription-service/src/worker-groups/group-removal.js'
import { ApiWorld, SUBSCRIPTION } from './api-world.js'

const DEDICATED = { worker: { mode: 'dedicated' } }

describe('the worker group of a dedicated app', () => {
  let world: ApiWorld
  let removal: GroupRemoval
  let company: string
  let n = 0
  let app: string
  let name: string
  beforeAll(async () => {
    world = await ApiWorld.open()
    removal = new GroupRemoval(world.tenants, world.topics, createLogger('removal-test', 'fatal'))
    company = (await world.company('cmp_a')).id
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    await removal.sweep()
    n += 1
    app = `Shop_${n}`
    name = `dedicated-shop-${n}-1`
    world.topics.removed.length = 0
    world.topics.read.clear()
    world.topics.refusal = null
  })

  const put = (body: object = DEDICATED) =>
    world.call('PUT', `/v1/apps/${app}`, { company, body: { name: 'x', ...body } })
  const remove = () => world.call('DELETE', `/v1/apps/${app}`, { company })
  const subscribe = () => world.call('POST', '/v1/subscriptions', { company, body: { appId: app, ...SUBSCRIPTION } })
  /** A dispatcher comes to the end of the stream. */
  const settle = (epoch = 1) =>
    world.database.query('UPDATE hooklane.ended_stream SET settled_at = now() WHERE app_id = $1 AND epoch = $2', [
      app,
      epoch,
    ])
  const hold = (until: string | null) =>
    world.database.query(
      `UPDATE hooklane.partition_owner SET owner = gen_random_uuid(), lease_until = now() + $2::interval WHERE worker_group = $1`,
      [name, until],
    )
  const rows = async (table: string) =>
    (await world.database.query(`SELECT FROM hooklane.${table} WHERE worker_group = $1`, [name])).length
  const listed = async (group = name) => {
    const { data } = (await world.call('GET', '/v1/worker-groups?limit=100')).body
    return data.find((one) => one.name === group)
  }

  it('has a name of its own for each incarnation of the app', async () => {
    expect((await put()).body.workerGroup).toBe(name)
    await remove()
    expect((await put()).body.workerGroup).toBe(`dedicated-shop-${n}-2`)
  })

  it('has a name that a Kubernetes object may have, however long and odd the id is', async () => {
    for (const id of ['x'.repeat(97), 'A', `${'A_'.repeat(20)}-`, 'a.:-_', 'Z---']) {
      app = `${id}${n}`
      const { status, body } = await put()
      expect([status, body.workerGroup]).toEqual([201, expect.stringMatching(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/)])
    }
    const long = async (end: string) => {
      app = `${'x'.repeat(90)}${end}${n}`
      return (await put()).body.workerGroup
    }
    expect(await long('y')).not.toBe(await long('z'))
  })

  it('stays while anything that was routed to the app may not be settled', async () => {
    await put()
    await subscribe()
    await remove()
    await removal.sweep()
    expect(world.topics.removed).toEqual([])
    expect(await world.maybeConfiguration(`workerGroup:${name}`)).not.toBeNull()
    expect((await listed())?.endedAt).not.toBeNull()
    await settle()
    await removal.sweep()
    expect(world.topics.removed).toEqual([name])
    expect(await world.maybeConfiguration(`workerGroup:${name}`)).toBeNull()
    expect(await world.maybeConfiguration(`endedStream:${app}/1`)).toBeNull()
  })

  it('goes at once when the app never had a subscription', async () => {
    await put()
    await remove()
    await removal.sweep()
    expect(world.topics.removed).toEqual([name])
    expect(await listed()).toBeUndefined()
  })

  it('keeps its topics while somebody holds a lease, and nobody is given one any more', async () => {
    await put()
    await hold('1 minute')
    await remove()
    await removal.sweep()
    expect(await world.maybeConfiguration(`workerGroup:${name}`)).toBeNull()
    expect([world.topics.removed, await rows('partition_owner')]).toEqual([[], 1])
    await hold('-1 second')
    await removal.sweep()
    expect([world.topics.removed, await rows('partition_owner')]).toEqual([[name], 0])
  })

  it('keeps its topics while somebody reads them', async () => {
    await put()
    await remove()
    world.topics.read.add(name)
    await removal.sweep()
    expect([world.topics.removed, await rows('partition_owner')]).toEqual([[], 1])
    world.topics.read.clear()
    await removal.sweep()
    expect([world.topics.removed, await rows('partition_owner')]).toEqual([[name], 0])
  })

  it('takes the rows of its lanes along, after its topics', async () => {
    await put()
    await world.database.query(
      `INSERT INTO hooklane.lane (worker_group, app_id, partition, company_id, mode, settled, floor_offset) VALUES ($1, $2, 0, 'cmp_a', 'flow', 0, 0)`,
      [name, app],
    )
    await remove()
    world.topics.read.add(name)
    await removal.sweep()
    expect(await rows('lane')).toBe(1)
    world.topics.read.clear()
    await removal.sweep()
    expect([await rows('lane'), await rows('partition_owner')]).toEqual([0, 0])
  })

  it('goes on being removed wherever the process ended, and by several at once', async () => {
    const remains = ['ended', 'closed', 'topics gone']
    for (const step of remains) {
      app = `Shop_${n}.${step.replace(' ', '-')}`
      name = (await put()).body.workerGroup
      await subscribe()
      await remove()
      await settle()
      if (step !== 'ended') {
        world.topics.read.add(name)
        await removal.sweep()
        world.topics.read.clear()
      }
      if (step === 'topics gone') await world.topics.remove([{ name, partitions: 1, slots: 0 }])
      await Promise.all([removal.sweep(), removal.sweep(), removal.sweep()])
      await removal.sweep()
      expect([step, await listed(), await rows('partition_owner')]).toEqual([step, undefined, 0])
    }
  })

  it('never gives its name to another app', async () => {
    await put()
    await remove()
    await removal.sweep()
    app = app.toLowerCase().replace('_', '-')
    const clash = await put()
    expect([clash.status, clash.body.code]).toEqual([409, 'WORKER_GROUP_CLASH'])
    expect((await put({ worker: { mode: 'shared' } })).status).toBe(201)
  })

  it('stays with an app that is shared for a while', async () => {
    await put()
    const mode = (to: string) => world.call('PATCH', `/v1/apps/${app}`, { company, body: { worker: { mode: to } } })
    expect((await mode('shared')).body.workerGroup).toBe('shared-webhook')
    await removal.sweep()
    expect((await mode('dedicated')).body.workerGroup).toBe(name)
    expect((await mode('shared')).status).toBe(200)
    await remove()
    await removal.sweep()
    expect(world.topics.removed).toEqual([name])
  })

  it('goes with the company', async () => {
    await put()
    await subscribe()
    const other = `cmp_own${n}`
    await world.company(other)
    app = `Own_${n}`
    await world.call('PUT', `/v1/apps/${app}`, { company: other, body: { name: 'x', ...DEDICATED } })
    await world.call('DELETE', `/v1/companies/${other}`)
    await removal.sweep()
    expect(world.topics.removed).toEqual([`dedicated-own-${n}-1`])
  })

  describe('that was made for an app which is then refused', () => {
    it('is gone when the refusal is answered, and its name is not used again', async () => {
      await world.call('POST', '/v1/apps', { company, body: { name: 'x', externalId: `e${n}` } })
      const refused = await put({ ...DEDICATED, externalId: `e${n}` })
      expect([refused.status, refused.body.code]).toEqual([409, 'EXTERNAL_ID_TAKEN'])
      expect(world.topics.removed).toEqual([name])
      expect(await listed()).toBeUndefined()
      expect((await put()).body.workerGroup).toBe(`${name}r1`)
    })

    it('is gone as well when the app exists and was to get it', async () => {
      await put({ worker: { mode: 'shared' } })
      const headers = { 'if-match': '"99"' }
      const lost = await world.call('PATCH', `/v1/apps/${app}`, { company, body: DEDICATED, headers })
      expect(lost.status).toBe(412)
      expect(world.topics.removed).toEqual([name])
    })

    it('is in nobody’s way while it is being removed', async () => {
      await world.call('POST', '/v1/apps', { company, body: { name: 'x', externalId: `e${n}` } })
      world.topics.read.add(name)
      await put({ ...DEDICATED, externalId: `e${n}` })
      expect((await put()).body.workerGroup).toBe(`${name}r1`)
      world.topics.read.clear()
      await removal.sweep()
      expect(world.topics.removed).toEqual([name])
    })

    it('takes nothing of the app along that is made after all, though who removes it was frozen meanwhile', async () => {
      await world.call('POST', '/v1/apps', { company, body: { name: 'x', externalId: `e${n}` } })
      world.topics.read.add(name)
      await put({ ...DEDICATED, externalId: `e${n}` })
      world.topics.read.clear()
      let thaw = (): void => undefined
      const thawed = new Promise<void>((resolve) => (thaw = resolve))
      const frozen = new GroupRemoval(
        world.tenants,
        {
          ensure: (group) => world.topics.ensure(group),
          remove: (groups) => thawed.then(() => world.topics.remove(groups)),
        },
        createLogger('removal-test', 'fatal'),
      ).sweep()
      await removal.sweep()
      name = (await put()).body.workerGroup
      world.topics.removed.length = 0
      thaw()
      await frozen
      expect(world.topics.removed).not.toContain(name)
      expect([(await listed())?.apps, await rows('partition_owner')]).toEqual([1, 1])
    })

    it('is found when the process ended between its topics and the app', async () => {
      world.topics.refusal = new WorkerGroupNotReady(name, ['x'])
      await put()
      await removal.sweep()
      expect(world.topics.removed).toEqual([])
      await world.database.query(
        `UPDATE hooklane.worker_group SET reserved_at = now() - interval '11 minutes' WHERE name = $1`,
        [name],
      )
      await removal.sweep()
      expect(world.topics.removed).toEqual([name])
      world.topics.refusal = null
      expect((await put()).body.workerGroup).toBe(`${name}r1`)
    })
  })
})
