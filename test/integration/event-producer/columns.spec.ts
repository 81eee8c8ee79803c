import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CaptureWorld, FREQUENT_CHECKS } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** Stands in every value that must not leave the source. */
const SECRET = 'never-shown'
const tableOf = (name: string, more = ''): string =>
  `public.${name}: { resource: ${name}, entity: thing, id: id${more} }`

describe('columns that come, go and change their names', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const sql = (statements: string) => world.pim.query(statements)
  const stop = () => producer.end('SIGKILL')
  const begin = () => (producer = world.start({ ...FREQUENT_CHECKS }))
  const start = async (...tables: string[]) => {
    await world.capture(tables.join('\n'))
    begin()
    await producer.ready()
  }
  const create = (name: string, columns: string) =>
    sql(`CREATE TABLE ${name} (id text PRIMARY KEY, company_id text NOT NULL DEFAULT 'c-1', ${columns});
         ALTER TABLE ${name} REPLICA IDENTITY FULL`)
  const dataOf = (resource: string, id: string) =>
    eventually(async () => {
      const event = world.events().findLast(({ type, entity }) => type.startsWith(`${resource}.`) && entity.id === id)
      if (!event) throw new Error(`no event of ${id}: ${JSON.stringify(await producer.health())}`)
      return event.data
    })
  const published = () => world.eventRecords().map(({ value }) => String(value))

  beforeAll(async () => {
    world = await CaptureWorld.create()
    producer = world.startWithoutCapture()
  })
  afterAll(() => world.close())

  it('are never shown once they are omitted: dropped while nobody reads, and no longer named by the file', async () => {
    await stop()
    await create('dropped', 'name text, cost_price text')
    await start(tableOf('dropped', ', omit: [cost_price]'))
    await sql(`INSERT INTO dropped VALUES ('1', 'c-1', 'a', '${SECRET}')`)
    await dataOf('dropped', '1')
    await stop()
    await sql(`INSERT INTO dropped VALUES ('2', 'c-1', 'b', '${SECRET}'); UPDATE dropped SET cost_price = '${SECRET}2';
               ALTER TABLE dropped DROP COLUMN cost_price; INSERT INTO dropped VALUES ('3', 'c-1', 'c')`)
    await start(tableOf('dropped'))
    expect(await dataOf('dropped', '3')).toEqual({ id: '3', company_id: 'c-1', name: 'c' })
    expect(await dataOf('dropped', '2')).toEqual({ id: '2', company_id: 'c-1', name: 'b' })
    expect(published().join()).not.toContain(SECRET)
  })

  it('are never shown once they are omitted: renamed under the eyes of the process, and behind its back', async () => {
    await stop()
    await create('renamed', 'name text, cost text')
    await start(tableOf('renamed', ', omit: [cost]'))
    await sql(`ALTER TABLE renamed RENAME COLUMN cost TO price; ALTER TABLE renamed ADD COLUMN ean text`)
    await sql(`INSERT INTO renamed VALUES ('1', 'c-1', 'a', '${SECRET}', '978')`)
    expect(await dataOf('renamed', '1')).toEqual({ id: '1', company_id: 'c-1', name: 'a', ean: '978' })
    await eventually(() =>
      expect(producer.log.join()).toContain('the column price of public.renamed stays out of events'),
    )
    await stop()
    await sql(`ALTER TABLE renamed RENAME COLUMN price TO amount; INSERT INTO renamed VALUES ('2', 'c-1', 'b', '${SECRET}');
               ALTER TABLE renamed RENAME COLUMN amount TO margin; INSERT INTO renamed VALUES ('3', 'c-1', 'c', '${SECRET}')`)
    await start(tableOf('renamed', ', omit: [cost]'))
    expect(await dataOf('renamed', '3')).toEqual({ id: '3', company_id: 'c-1', name: 'c', ean: null })
    expect(await dataOf('renamed', '2')).toEqual({ id: '2', company_id: 'c-1', name: 'b', ean: null })
    expect(published().join()).not.toContain(SECRET)
  })

  it('may be omitted or ignored before they are there; a name like that of a column is taken for a slip', async () => {
    await stop()
    await create('early', 'description text')
    await world.capture(tableOf('early', ', omit: [descripton]'))
    begin()
    expect(await producer.refusalWith('pim', 'COLUMN_MISSING')).toMatch(
      /no column descripton \(.*capture.yaml:6; did you mean description\?\)/,
    )
    await stop()
    await start(tableOf('early', ', omit: [margin], ignore: [touched]'))
    expect(producer.log.join()).toContain('the table public.early has no column touched')
    await sql(`ALTER TABLE early ADD COLUMN margin text, ADD COLUMN touched int;
               INSERT INTO early VALUES ('1', 'c-1', 'a', '${SECRET}', 1); UPDATE early SET touched = 2, margin = '${SECRET}2';
               INSERT INTO early VALUES ('2', 'c-1', 'b', '${SECRET}', 1)`)
    expect(await dataOf('early', '2')).toEqual({ id: '2', company_id: 'c-1', description: 'b', touched: 1 })
    expect(world.events().filter(({ type }) => type === 'early.updated')).toEqual([])
    expect(published().join()).not.toContain(SECRET)
  })

  it('decide about rows only from when they are there: others wait for the file of before', async () => {
    await stop()
    await create('deciding', 'name text')
    await start(tableOf('deciding'))
    await stop()
    await sql(`INSERT INTO deciding VALUES ('1', 'c-1', 'a'); ALTER TABLE deciding ADD COLUMN sku text DEFAULT 's', ADD COLUMN live bool;
               INSERT INTO deciding VALUES ('2', 'c-1', 'b', 't', true)`)
    await world.capture(tableOf('deciding', ', key: sku, when: { live: true }'))
    begin()
    expect(await producer.refusalWith('pim', 'CHANGE_NOT_DECODABLE')).toContain(
      'public.deciding had no column live when the row was written; if the capture file has named the column only since then, use the previous file',
    )
    await stop()
    await start(tableOf('deciding', ', key: sku'))
    await dataOf('deciding', '2')
    const keys = world.events().filter(({ type }) => type === 'deciding.created')
    expect(keys.map(({ entity }) => [entity.id, entity.key])).toEqual([
      ['1', null],
      ['2', 't'],
    ])
  })

  it('come and go in the documented order while rows are written, and nothing is lost, held up or shown', async () => {
    await stop()
    await create('walked', 'n int')
    const early = ', ignore: [touched], json: [attributes], omit: [margin]'
    const late =
      `${early}, key: sku, version: revision, url: "https://shop.example/{slug}", actor: { id: editor }, deleted: { column: gone_at }, ` +
      `when: { status: live }`
    await start(tableOf('walked'))
    const traffic = new Traffic((statement) => sql(statement))
    const caughtUp = async () => dataOf('walked', String(await traffic.next()))

    // Under omit, ignore and json: first the file, then the column.
    await stop()
    await start(tableOf('walked', early))
    await sql(
      `ALTER TABLE walked ADD COLUMN touched int, ADD COLUMN attributes text, ADD COLUMN margin text DEFAULT '${SECRET}'`,
    )
    await caughtUp()
    // All others: first the column, and when it decides about rows, until the rows of before are published; then the file.
    await sql(`ALTER TABLE walked ADD COLUMN sku text DEFAULT 'k', ADD COLUMN revision int DEFAULT 3, ADD COLUMN slug text DEFAULT 's',
               ADD COLUMN editor text DEFAULT 'e', ADD COLUMN gone_at timestamptz, ADD COLUMN status text DEFAULT 'live'`)
    await caughtUp()
    await stop()
    await start(tableOf('walked', late))
    await caughtUp()
    const told = world.events().findLast(({ type }) => type === 'walked.created')
    expect(told).toMatchObject({
      entity: { key: 'k', url: 'https://shop.example/s' },
      revision: { number: 3, actor: { id: 'e' } },
    })
    // Away again: what the file cannot do without leaves the file first, the others the table.
    await stop()
    await start(tableOf('walked', early))
    await sql(`ALTER TABLE walked DROP COLUMN sku, DROP COLUMN revision, DROP COLUMN slug, DROP COLUMN editor, DROP COLUMN gone_at,
               DROP COLUMN status`)
    await sql(`ALTER TABLE walked DROP COLUMN touched, DROP COLUMN attributes, DROP COLUMN margin`)
    await caughtUp()
    await stop()
    await start(tableOf('walked'))
    await traffic.end()
    const rows = await world.pim.query<{ id: string; n: number }>('SELECT id, n FROM walked')
    for (const { id, n } of rows)
      await eventually(async () => expect(await dataOf('walked', id)).toMatchObject({ id, n }))
    expect(rows.length).toBeGreaterThan(5)
    expect(published().join()).not.toContain(SECRET)
  })
})

/** Between two rows: not more than the checker reads in passing. */
const RHYTHM_MS = 20

/** Writes rows of `walked` and changes them, one statement after the other. */
class Traffic {
  private written = 0
  private isEnding = false
  private readonly running: Promise<void>

  constructor(private readonly execute: (statement: string) => Promise<unknown>) {
    this.running = this.run()
  }

  /** Id of a row that is written from now on. */
  async next(): Promise<number> {
    const id = this.written + 2
    await eventually(() => expect(this.written).toBeGreaterThanOrEqual(id))
    return id
  }

  async end(): Promise<void> {
    this.isEnding = true
    await this.running
  }

  private async run(): Promise<void> {
    for (let id = 1; !this.isEnding && id < 20_000; id++) {
      await this.execute(
        `INSERT INTO walked (id, n) VALUES ('${id}', 1); UPDATE walked SET n = n + 1 WHERE id = '${Math.ceil(id / 2)}'`,
      )
      this.written = id
      await delay(RHYTHM_MS)
    }
  }
}
