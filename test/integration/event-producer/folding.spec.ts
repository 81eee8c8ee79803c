import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { partitionOfKey } from '@hooklane/core/kernel'
import { CaptureWorld } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

const TABLES = `
public.product:
  resource: products
  entity: product
  id: id
  key: sku
  version: version
  ignore: [updated_at]
  deleted: { column: deleted_at }
  actor: { id: updated_by }
`

describe('captured changes', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  let seen = 0
  const sql = (statements: string) => world.pim.query(statements)
  /** The events that the statements raise, proved to be all by one that is caused after them. */
  const raisedBy = async (...transactions: string[]) => {
    for (const statements of transactions) await sql(statements)
    await sql(`INSERT INTO marker (company_id) VALUES ('c-1')`)
    for (let count = seen + 1; ; count++) {
      const events = (await world.eventsAfter(count)).slice(seen)
      if (events.at(-1)?.type !== 'markers.created') continue
      seen += events.length
      return events.slice(0, -1)
    }
  }

  beforeAll(async () => {
    world = await CaptureWorld.create()
    await sql(`
      CREATE TABLE product (
        id bigint PRIMARY KEY, company_id text, sku text, name text, price numeric(38, 10), big bigint, small int, ratio float8,
        at timestamptz, local_at timestamp, tags text[], body jsonb, description text, version int, updated_by text,
        updated_at timestamptz DEFAULT now(), deleted_at timestamptz);
      ALTER TABLE product REPLICA IDENTITY FULL;
      CREATE TABLE marker (id serial PRIMARY KEY, company_id text);
      ALTER TABLE marker REPLICA IDENTITY FULL`)
    await world.capture(`${TABLES}\npublic.marker: { resource: markers, entity: marker, id: id }`)
    producer = world.start()
    await producer.ready()
  })
  afterAll(() => world.close())

  it('become one event per entity and transaction, in the order of the first change', async () => {
    const events = await raisedBy(
      `BEGIN;
       INSERT INTO product (id, company_id, sku, name) VALUES (1, 'c-1', 'A', 'lamp'), (2, 'c-1', 'B', 'chair'), (3, 'c-1', 'C', 'gone');
       UPDATE product SET name = 'Lamp' WHERE id = 1;
       UPDATE product SET name = 'Chair' WHERE id = 2;
       UPDATE product SET name = 'Floor lamp' WHERE id = 1;
       DELETE FROM product WHERE id = 3;
       COMMIT`,
      `BEGIN; DELETE FROM product WHERE id = 2; INSERT INTO product (id, company_id, sku, name) VALUES (2, 'c-1', 'B', 'Stool'); COMMIT`,
    )
    expect(events.map((event) => [event.type, event.entity.key, event.data?.name])).toEqual([
      ['products.created', 'A', 'Floor lamp'],
      ['products.created', 'B', 'Chair'],
      ['products.updated', 'B', 'Stool'],
    ])
    expect(events[2]?.revision?.changes).toEqual([{ op: 'replace', path: '/name', before: 'Chair', after: 'Stool' }])
    expect(events[0]?.revision?.transaction).toMatchObject({ index: 0, size: 7 })
  })

  it('carry every digit, instant and key exactly', async () => {
    const [event] = await raisedBy(
      `INSERT INTO product (id, company_id, sku, price, big, small, ratio, at, local_at, tags, body) VALUES (
         10, 'c-1', 'X', 1234567890123456789012345678.0123456789, 9223372036854775807, 7, 0.1, '2026-03-02 08:15:04.190123+01', '2026-03-02 08:15:04',
         ARRAY['a', 'b,c', NULL], '{"2": 1, "1": 12345678901234567890, "deep": {"x": [1.10, true, null]}, "__proto__": 5}')`,
    )
    expect(event?.data).toMatchObject({
      id: '10',
      price: '1234567890123456789012345678.0123456789',
      big: '9223372036854775807',
      small: 7,
      ratio: 0.1,
      at: '2026-03-02T07:15:04.190123Z',
      tags: ['a', 'b,c', null],
    })
    const text = world.eventRecords().at(-2)?.value?.toString() ?? ''
    expect(text).toContain('"12345678901234567890"')
    expect(text).toContain('"__proto__"')
  })

  it('keep a byte order mark at the start of a text', async () => {
    const [event] = await raisedBy(
      `INSERT INTO product (id, company_id, sku, name) VALUES (11, 'c-1', 'BOM', U&'\\FEFFname')`,
    )
    expect(event?.data?.name).toBe('\uFEFFname')
  })

  it('are no event when nothing but ignored columns changed', async () => {
    expect(await raisedBy(`UPDATE product SET updated_at = now() + interval '1 hour' WHERE id = 1`)).toEqual([])
  })

  it('tell a soft deletion as deleted once, and its end as created', async () => {
    const events = await raisedBy(
      `INSERT INTO product (id, company_id, sku) VALUES (20, 'c-1', 'S')`,
      `UPDATE product SET deleted_at = now() WHERE id = 20`,
      `UPDATE product SET deleted_at = now() + interval '1 day' WHERE id = 20`,
      `UPDATE product SET deleted_at = NULL WHERE id = 20`,
      `UPDATE product SET deleted_at = now() WHERE id = 20`,
      `DELETE FROM product WHERE id = 20`,
    )
    expect(events.map((event) => event.type)).toEqual([
      'products.created',
      'products.deleted',
      'products.created',
      'products.deleted',
    ])
  })

  it('survive a value of 2 MB that was not touched, and say what is left out of the event', async () => {
    const text = `(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 65536) AS i)`
    const events = await raisedBy(
      `INSERT INTO product (id, company_id, sku, name, description) VALUES (30, 'c-1', 'T', 'before', ${text})`,
      `UPDATE product SET name = 'after' WHERE id = 30`,
    )
    expect(events.map((event) => event.revision?.omitted)).toEqual([['/description'], ['/description']])
    expect(events[1]?.revision?.changes).toEqual([{ op: 'replace', path: '/name', before: 'before', after: 'after' }])
  })

  it('survive an untouched value that Postgres keeps out of line', async () => {
    const text = `(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) AS i)`
    const events = await raisedBy(
      `INSERT INTO product (id, company_id, sku, name, description) VALUES (31, 'c-1', 'U', 'before', ${text})`,
      `UPDATE product SET name = 'after' WHERE id = 31`,
    )
    expect(events[1]?.data?.description).toHaveLength(32_000)
    expect(events[1]?.data?.description).toBe(events[0]?.data?.description)
    expect(events[1]?.revision?.changed).toEqual(['/name'])
  })

  it('carry who changed them, from the row and from what was emitted beside it', async () => {
    const context = JSON.stringify({
      actor: { type: 'user', id: 'usr_5' },
      source: { kind: 'import', id: 'imp_7' },
      correlationId: 'imp_7',
    })
    const events = await raisedBy(
      `INSERT INTO product (id, company_id, sku, updated_by, version) VALUES (40, 'c-1', 'V', 'usr_1', 42)`,
      `BEGIN; SELECT pg_logical_emit_message(true, 'hooklane', '${context}'); UPDATE product SET name = 'x', version = 43 WHERE id = 40; COMMIT`,
    )
    expect(events[0]?.revision?.actor).toMatchObject({ id: 'usr_1' })
    expect(events[1]?.revision).toMatchObject({
      number: 43,
      previous: 42,
      source: { kind: 'import', id: 'imp_7' },
      correlationId: 'imp_7',
    })
  })

  it('stand under the company as key, in the partition that any producer would choose', () => {
    for (const record of world.eventRecords()) {
      expect(record.key?.toString()).toBe('c-1')
      expect(record.partition).toBe(partitionOfKey(Buffer.from('c-1'), 6))
      expect(record.headers['hooklane-schema']?.toString()).toBe('event/1')
    }
  })

  it('that come to nothing are counted, logged with table and key, and told by the process, each for its reason', async () => {
    const events = await raisedBy(
      `INSERT INTO product (id, sku) VALUES (50, 'W'), (51, 'W')`,
      `INSERT INTO product (id, company_id) VALUES (52, 'c 1')`,
      `BEGIN; SELECT pg_logical_emit_message(true, 'hooklane', '{broken'); INSERT INTO product (id) VALUES (53); COMMIT`,
    )
    expect(events).toEqual([])
    const reasons = { companyMissing: 3, companyInvalid: 1, contextInvalidJson: 1 }
    const skipped = await producer.skipped()
    expect(skipped.map(({ from, what, reason, count, lastKey }) => [from, what, reason, count, lastKey])).toEqual([
      ['pim', null, 'contextInvalidJson', 1, expect.stringMatching(/^transaction \d+$/)],
      ['pim', 'public.product', 'companyMissing', 3, '53'],
      ['pim', 'public.product', 'companyInvalid', 1, '52'],
    ])
    for (const [reason, count] of Object.entries(reasons)) {
      expect(await producer.total('capture_skipped_total', `reason="${reason}"`)).toBe(count)
      await eventually(() => {
        const lines = producer.log.filter((line) => line.includes('"alarm":"skipped"') && line.includes(`"${reason}"`))
        expect(lines).toHaveLength(1)
      })
    }
  })

  it('go on after a column was added and another dropped', async () => {
    const events = await raisedBy(
      `INSERT INTO product (id, company_id, sku) VALUES (60, 'c-1', 'Y')`,
      `ALTER TABLE product ADD COLUMN colour text, DROP COLUMN ratio`,
      `UPDATE product SET colour = 'red' WHERE id = 60`,
    )
    expect(events.at(-1)?.revision?.changed).toContain('/colour')
    expect(events.at(-1)?.data).not.toHaveProperty('ratio')
  })

  it('enter their types into the catalogue', async () => {
    const rows = await world.own.query<{ name: string; source: string }>(
      `SELECT name, source FROM hooklane.event_type WHERE source <> 'hooklane' ORDER BY name`,
    )
    expect(rows.map((row) => row.name)).toEqual(
      ['markers', 'products'].flatMap((resource) =>
        ['created', 'deleted', 'updated'].map((action) => `${resource}.${action}`),
      ),
    )
    expect(new Set(rows.map((row) => row.source))).toEqual(new Set(['pim']))
  })
})
