import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CaptureWorld, FREQUENT_CHECKS } from './capture-world.js'
import type { ProducerProcess } from './producer-process.js'

const SECRET = 'never-shown'

describe('an omitted column of a table that was replaced by another one', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const sql = (statements: string) => world.pim.query(statements)
  const start = async (table: string, accept = '') => {
    await world.capture(table, `company: { column: company_id }${accept}`)
    producer = world.start({ ...FREQUENT_CHECKS })
  }
  const create = (name: string, more: string) =>
    `CREATE TABLE ${name} (id text PRIMARY KEY, company_id text NOT NULL DEFAULT 'c-1', name text${more});
     ALTER TABLE ${name} REPLICA IDENTITY FULL;`

  beforeAll(async () => {
    world = await CaptureWorld.create()
  })
  afterAll(() => world.close())

  it('is not shown in the rows that the slot still holds, once the gap is accepted', async () => {
    await sql(create('product', ', cost_price text'))
    await start('public.product: { resource: products, entity: product, id: id, omit: [cost_price] }')
    await producer.ready()
    await sql(`INSERT INTO product VALUES ('1', 'c-1', 'a', '${SECRET}')`)
    await world.eventsAfter(1)
    await producer.end('SIGTERM')
    // A migration moves the prices elsewhere: the table is made again without the column, and the file no longer names it.
    await sql(`INSERT INTO product VALUES ('2', 'c-1', 'b', '${SECRET}'); UPDATE product SET name = 'c' WHERE id = '1'`)
    await sql(`BEGIN; ${create('product_new', '')} INSERT INTO product_new SELECT id, company_id, name FROM product;
      DROP TABLE product; ALTER TABLE product_new RENAME TO product; COMMIT`)
    const today = 'public.product: { resource: products, entity: product, id: id }'
    await start(today)
    const refusal = await producer.refusalWith('pim', 'CHANGES_MISSING')
    const id = /gap-[0-9a-f]{8}/.exec(refusal)?.[0] ?? ''
    await producer.end('SIGTERM')
    await start(today, `\naccept: [${id}]`)
    await producer.ready()
    await sql(`INSERT INTO product VALUES ('3', 'c-1', 'd')`)
    await world.eventsUntil((event) => event.entity.id === '3')
    const shown = world
      .eventRecords()
      .map(({ value }) => String(value))
      .filter((value) => value.includes(SECRET))
    expect(shown).toEqual([])
  })

  it('hides no column of the new table, though the file still names it and rows of the old one show it', async () => {
    await producer.end('SIGTERM')
    const file = 'public.article: { resource: articles, entity: article, id: id, omit: [cost_price] }'
    const source = 'company: { column: company_id }\nepoch: 2'
    await sql(create('article', ', cost_price text'))
    await world.capture(file, source)
    producer = world.start({ ...FREQUENT_CHECKS })
    await producer.ready()
    await producer.end('SIGTERM')
    await sql(`INSERT INTO article VALUES ('1', 'c-1', 'a', '${SECRET}')`)
    await sql(`DROP TABLE article; ${create('article', ', ean text')}`)
    await world.capture(file, source)
    producer = world.start({ ...FREQUENT_CHECKS })
    const id = /gap-[0-9a-f]{8}/.exec(await producer.refusalWith('pim', 'CHANGES_MISSING'))?.[0] ?? ''
    await producer.end('SIGTERM')
    await world.capture(file, `${source}\naccept: [${id}]`)
    producer = world.start({ ...FREQUENT_CHECKS })
    await producer.ready()
    await sql(`INSERT INTO article VALUES ('2', 'c-1', 'b', '978')`)
    const events = await world.eventsUntil((event) => event.type === 'articles.created' && event.entity.id === '2')
    const made = events.find((event) => event.type === 'articles.created' && event.entity.id === '2')
    expect(made?.data).toEqual({ id: '2', company_id: 'c-1', name: 'b', ean: '978' })
  })
})
