import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'

describe('the configuration', () => {
  let world: CaptureWorld
  const put = (id: string, name: string) =>
    world.own.query(
      `INSERT INTO hooklane.configuration (key, kind, version, body)
       VALUES ('company:' || $1, 'company', nextval('hooklane.configuration_version'), json_build_object('id', $1::text, 'name', $2::text)::text)
       ON CONFLICT (key) DO UPDATE SET version = nextval('hooklane.configuration_version'), body = EXCLUDED.body`,
      [id, name],
    )
  const remove = async (id: string) => {
    await world.own.query(
      `WITH bumped AS (SELECT nextval('hooklane.configuration_version') AS version)
       UPDATE hooklane.configuration SET version = bumped.version FROM bumped WHERE key = 'company:' || $1`,
      [id],
    )
    await world.own.query(`DELETE FROM hooklane.configuration WHERE key = 'company:' || $1`, [id])
  }
  /** Key, version and name of each record of the companies, in the order of the topic; a deletion has no name. */
  const published = () =>
    world.records
      .filter((record) => record.topic === world.topics.subscriptions && record.key?.toString().startsWith('company:'))
      .map((record) => ({
        key: record.key?.toString() ?? '',
        version: Number(record.headers['hooklane-version']?.toString()),
        name: record.value === null ? null : (JSON.parse(record.value.toString()) as { name: string }).name,
        schema: record.headers['hooklane-schema']?.toString(),
      }))
  const names = (key: string) => published().flatMap((record) => (record.key === key ? [record.name] : []))

  beforeEach(async () => {
    world = await CaptureWorld.create()
  })
  afterEach(() => world.close())

  it('is carried as it stands first, and then with every change, deletions included', async () => {
    await put('c-1', 'before the start')
    const producer = world.startWithoutCapture()
    await producer.ready()
    await eventually(() => expect(names('company:c-1')).toEqual(['before the start']))
    await put('c-1', 'changed')
    await put('c-2', 'new')
    await remove('c-1')
    await put('c-3', 'last')
    await eventually(() => expect(names('company:c-3')).toEqual(['last']))
    expect(names('company:c-1').at(-1)).toBeNull()
    expect(names('company:c-1')).toContain('changed')
    expect(names('company:c-2')).toEqual(['new'])
    const versions = published()
      .filter((record) => record.key === 'company:c-1')
      .map((record) => record.version)
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    expect(published().find((record) => record.name === 'new')?.schema).toBe('company/1')
  })

  it('is not published again by another process', async () => {
    await put('c-1', 'one')
    const first = world.startWithoutCapture()
    await first.ready()
    await eventually(() => expect(names('company:c-1')).toEqual(['one']))
    await first.end('SIGKILL')
    await put('c-1', 'two')
    await remove('c-1')
    const second = world.startWithoutCapture()
    await second.ready()
    await put('c-2', 'end')
    await eventually(() => expect(names('company:c-2')).toEqual(['end']))
    expect(names('company:c-1').filter((name) => name === 'one')).toHaveLength(1)
    expect(names('company:c-1').at(-1)).toBeNull()
  })

  it('comes back when the topic is lost', async () => {
    await put('c-1', 'one')
    await put('c-2', 'two')
    const first = world.startWithoutCapture()
    await first.ready()
    await eventually(() => expect(names('company:c-2')).toEqual(['two']))
    await first.end('SIGTERM')
    await world.deleteTopic(world.topics.subscriptions)
    await eventually(() => world.makeTopics())
    const second = world.startWithoutCapture()
    await second.ready()
    await put('c-3', 'three')
    await eventually(async () => {
      const topic = await world.readFromStart(world.topics.subscriptions)
      const keys = topic.map((record) => record.key?.toString()).filter((key) => key?.startsWith('company:'))
      expect(keys).toEqual(['company:c-1', 'company:c-2', 'company:c-3'])
    })
  })

  it('deletes what went while there was no slot', async () => {
    await put('c-1', 'one')
    await put('c-2', 'two')
    const first = world.startWithoutCapture()
    await first.ready()
    await eventually(() => expect(names('company:c-2')).toEqual(['two']))
    await first.end('SIGTERM')
    await eventually(() => world.own.query(`SELECT pg_drop_replication_slot('${world.slotOf('hooklane')}')`))
    await world.own.query(`DELETE FROM hooklane.configuration WHERE key = 'company:c-1'`)
    const second = world.startWithoutCapture()
    await second.ready()
    await eventually(() => expect(names('company:c-1')).toEqual(['one', null]))
    expect(names('company:c-2')).toEqual(['two'])
  })

  it('is complete again after somebody took its table out of the publication and put it back between two looks', async () => {
    await put('c-1', 'kept')
    const producer = world.startWithoutCapture()
    await producer.ready()
    await eventually(() => expect(names('company:c-1')).toEqual(['kept']))
    const publication = world.slotOf('hooklane')
    await world.own.query(`ALTER PUBLICATION ${publication} DROP TABLE hooklane.configuration`)
    await put('c-2', 'unseen')
    await remove('c-1')
    await world.own.query(`ALTER PUBLICATION ${publication} ADD TABLE hooklane.configuration`)
    await eventually(() => expect(names('company:c-2')).toEqual(['unseen']))
    await eventually(() => expect(names('company:c-1')).toEqual(['kept', null]))
  })

  it('is refused, not emptied, when row-level security hides it', async () => {
    await put('c-1', 'one')
    await world.own.query(`DROP POLICY hooklane_producer ON hooklane.configuration`)
    const producer = world.startWithoutCapture()
    expect(await producer.refusal('hooklane')).toContain('row-level security hides the configuration')
    expect(published()).toEqual([])
  })
})
