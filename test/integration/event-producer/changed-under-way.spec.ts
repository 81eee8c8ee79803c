import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CaptureWorld, type SourceText } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** Sources that a test breaks beyond repair: they start over under the next epoch, at the end. */
const LOST = [
  'reset',
  'unpublished',
  'narrowed',
  'swapped',
  'dropped',
  'slotless',
  'shape',
  'rooted',
  'computed',
] as const
/** Of these a person may accept what is missing, instead of starting over: what the write-ahead log still holds can be read. */
const ACCEPTABLE: readonly string[] = ['narrowed', 'swapped', 'dropped', 'rooted', 'computed']
/** Has never had an event: Kafka knows nothing of it. */
const SILENT = 'silent'
/** Fifteen sources: each check of each of them costs a connection. */
const CHECKS = { CAPTURE_CHECK_MS: '3000' }
const NAMES = ['healthy', 'renamed', 'columns', 'added', 'typed', ...LOST, SILENT]

describe('what is changed while it is read', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const sql = (statements: string) => world.pim.query(statements)
  const create = (name: string) =>
    sql(
      `CREATE TABLE ${name} (id text PRIMARY KEY, company_id text, sku text); ALTER TABLE ${name} REPLICA IDENTITY FULL`,
    )
  const createOther: Record<string, string> = {
    rooted: `CREATE TABLE rooted (id text PRIMARY KEY, company_id text, sku text) PARTITION BY HASH (id);
      CREATE TABLE rooted_0 PARTITION OF rooted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      ALTER TABLE rooted REPLICA IDENTITY FULL; ALTER TABLE rooted_0 REPLICA IDENTITY FULL`,
    computed: `CREATE TABLE computed (id text PRIMARY KEY, company_id text, sku text, twice text GENERATED ALWAYS AS (sku || sku) STORED);
      ALTER TABLE computed REPLICA IDENTITY FULL`,
  }
  const insert = (name: string, id: string) => sql(`INSERT INTO ${name} (id, company_id) VALUES ('${id}', 'c-1')`)
  const published = (source: string, ids: readonly string[]) =>
    eventually(() => expect(world.idsOf(source)).toEqual(ids))
  const sources = (epochOf: (name: string) => number): SourceText[] =>
    NAMES.map((name) => ({ name, epoch: epochOf(name), more: ', key: sku' }))
  const placeOf = (source: string) => `${world.directory}/capture.yaml:${2 + 6 * NAMES.indexOf(source)}`
  const resetInstructions = (source: string) =>
    `To go on from now, raise the source's epoch in the capture file to 2 (${placeOf(source)}), restart the event-producer, and let ` +
    `receivers fetch everything again when it is ready`
  const wayOut = (source: string) =>
    ACCEPTABLE.includes(source)
      ? expect.stringMatching(
          new RegExp(
            `To go on with what the write-ahead log still holds, write \`accept: \\[gap-[0-9a-f]{8}\\]\` below the source ` +
              `\\(${placeOf(source)}\\) and restart the event-producer: receivers are then told to fetch ${source} again`,
          ),
        )
      : expect.stringContaining(resetInstructions(source))

  beforeAll(async () => {
    world = await CaptureWorld.create()
    for (const name of NAMES) await (createOther[name] ? sql(createOther[name]) : create(name))
    await world.captureSources(sources(() => 1))
    producer = world.start(CHECKS)
    await producer.ready()
    const speaking = NAMES.filter((name) => name !== SILENT)
    for (const name of speaking) await insert(name, 'first')
    for (const name of speaking) await published(name, ['first'])
  })
  afterAll(() => world.close())

  it('a renamed table is told on under its resource, and asked for by its new name', async () => {
    await sql(`ALTER TABLE renamed RENAME TO other_name`)
    await insert('other_name', 'after')
    const refusal = await producer.refusalWith('renamed', 'TABLE_MISSING')
    expect(refusal).toMatch(
      /^the table public.renamed \(.*capture.yaml:\d+\) is called public.other_name now: rename it back, or correct .*/,
    )
    await insert('other_name', 'waiting')
    await sql(`ALTER TABLE other_name RENAME TO renamed`)
    await published('renamed', ['first', 'after', 'waiting'])
    await producer.reads('renamed')
  })

  it('a captured column that is dropped is named with those that are there, and its source goes on once it is back', async () => {
    await sql(`ALTER TABLE columns DROP COLUMN sku`)
    expect(await producer.refusalWith('columns', 'COLUMN_MISSING')).toMatch(
      /^the table public.columns has no column sku \(.*capture.yaml:\d+\); it has id, company_id\./,
    )
    await sql(`ALTER TABLE columns ADD COLUMN sku text`)
    await insert('columns', 'after')
    await published('columns', ['first', 'after'])
  })

  it('an added column is told with the next change', async () => {
    await sql(`ALTER TABLE added ADD COLUMN size int DEFAULT 7`)
    await insert('added', 'after')
    await published('added', ['first', 'after'])
    expect(world.events().find((event) => event.type === 'added.created' && event.entity.id === 'after')?.data).toEqual(
      {
        id: 'after',
        company_id: 'c-1',
        sku: null,
        size: 7,
      },
    )
  })

  it('a changed type is told as the new one', async () => {
    await sql(`ALTER TABLE typed ALTER COLUMN sku TYPE int USING 1`)
    await sql(`UPDATE typed SET sku = 2`)
    await eventually(() => {
      const update = world.events().find((event) => event.type === 'typed.updated')
      expect(update?.revision?.changes).toEqual([{ op: 'replace', path: '/sku', before: 1, after: 2 }])
    })
  })

  it('a replica identity that is reset is asked for; a change without its old row holds up what follows and is refused', async () => {
    await sql(`ALTER TABLE reset REPLICA IDENTITY DEFAULT`)
    const refusal = await producer.refusalWith('reset', 'REPLICA_IDENTITY')
    await sql(`UPDATE reset SET sku = 'x'`)
    await sql(refusal.split('\n').at(-1) ?? '')
    expect(await producer.refusalWith('reset', 'CHANGE_NOT_DECODABLE')).toBe(
      `a change of public.reset was logged without its old row, because the table had no REPLICA IDENTITY FULL at that moment. This change ` +
        `cannot be decoded, and all later changes wait. ${resetInstructions('reset')}`,
    )
  })

  it('rows that were written while the column of their company had another name cannot be decoded, and are refused', async () => {
    await sql(`ALTER TABLE shape RENAME COLUMN company_id TO code`)
    await producer.refusalWith('shape', 'COLUMN_MISSING')
    await sql(`INSERT INTO shape (id, code) VALUES ('unreadable', 'c-1')`)
    await sql(`ALTER TABLE shape RENAME COLUMN code TO company_id`)
    const refusal = await producer.refusalWith('shape', 'CHANGE_NOT_DECODABLE')
    expect(refusal).toContain(
      'the write-ahead log holds a change that does not fit the capture file (public.shape had no column company_id when the row was written',
    )
    expect(refusal).toContain(resetInstructions('shape'))
  })

  it('a publication that is dropped is noticed, and stays refused when a person makes it again', async () => {
    const publication = world.slotOf('unpublished')
    await sql(`DROP PUBLICATION ${publication}`)
    await insert('unpublished', 'lost')
    const refusal = await producer.refusalWith('unpublished', 'CHANGES_MISSING')
    expect(refusal).toMatch(
      /^changes of public.unpublished are missing: the publication \S+ (was dropped|did not exist)/,
    )
    expect(refusal).toContain(resetInstructions('unpublished'))
    await sql(`CREATE PUBLICATION ${publication} FOR TABLE unpublished`)
    await insert('unpublished', 'unseen')
    await insert('healthy', 'meanwhile')
    await published('healthy', ['first', 'meanwhile'])
    await producer.refusalWith('unpublished', 'CHANGES_MISSING')
    expect(world.idsOf('unpublished')).toEqual(['first'])
  })

  it('a table that is taken out of the publication is noticed', async () => {
    const publication = world.slotOf('narrowed')
    await create('anything')
    await sql(`ALTER PUBLICATION ${publication} SET TABLE anything`)
    expect(await producer.refusalWith('narrowed', 'CHANGES_MISSING')).toContain(
      `changes of public.narrowed are missing: public.narrowed was taken out of the publication ${publication}`,
    )
  })

  it('a publication that names the partitions of a captured table instead of it is noticed', async () => {
    const publication = world.slotOf('rooted')
    await sql(`ALTER PUBLICATION ${publication} SET (publish_via_partition_root = false)`)
    expect(await producer.refusalWith('rooted', 'CHANGES_MISSING')).toContain(
      `the publication ${publication} published changes of public.rooted under the names of its partitions (publish_via_partition_root is off)`,
    )
  })

  it('a publication that leaves out generated columns of a captured table is noticed', async () => {
    const publication = world.slotOf('computed')
    await sql(`ALTER PUBLICATION ${publication} SET (publish_generated_columns = none)`)
    expect(await producer.refusalWith('computed', 'CHANGES_MISSING')).toContain(
      `the publication ${publication} left out the generated columns of public.computed (publish_generated_columns)`,
    )
  })

  it('another table under the name of a captured one is noticed', async () => {
    await create('swapped_new')
    await sql(`ALTER TABLE swapped RENAME TO swapped_old; ALTER TABLE swapped_new RENAME TO swapped`)
    expect(await producer.refusalWith('swapped', 'CHANGES_MISSING')).toContain(
      'another table now has the name public.swapped; the table that was captured under this name was renamed or dropped',
    )
  })

  it('a dropped table is missing, and one that is made in its place is not taken for it', async () => {
    await sql(`DROP TABLE dropped`)
    expect(await producer.refusalWith('dropped', 'TABLE_MISSING')).toContain('there is no table public.dropped')
    await create('dropped')
    expect(await producer.refusalWith('dropped', 'CHANGES_MISSING')).toContain(
      'another table now has the name public.dropped',
    )
  })

  it('a slot that is dropped is noticed, and stays refused when a person makes it again', async () => {
    const slot = world.slotOf('slotless')
    await eventually(() =>
      sql(
        `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${slot}' AND active_pid IS NOT NULL;
         SELECT pg_drop_replication_slot('${slot}')`,
      ),
    )
    const refusal = await producer.refusalWith('slotless', 'SLOT_LOST')
    expect(refusal).toMatch(
      /^the slot \S+ is gone, but slotless was read up to [0-9A-F]+\/[0-9A-F]+: changes since then are missing/,
    )
    expect(refusal).toContain(resetInstructions('slotless'))
    await sql(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    const failures = await producer.metric('capture_failures_total', 'slotless')
    await eventually(async () =>
      expect(await producer.metric('capture_failures_total', 'slotless')).toBeGreaterThan(failures),
    )
    expect(await producer.refusalWith('slotless', 'SLOT_LOST')).toBe(refusal)
  })

  it('all of this stops no other source, and not the configuration', async () => {
    await producer.reads('hooklane')
    await insert('healthy', 'after all')
    await published('healthy', ['first', 'meanwhile', 'after all'])
  })

  it('a restart does not forget what is missing, and misses a slot of which Kafka holds no event', async () => {
    await producer.end('SIGTERM')
    await eventually(() => sql(`SELECT pg_drop_replication_slot('${world.slotOf(SILENT)}')`))
    await insert(SILENT, 'lost')
    producer = world.start(CHECKS)
    for (const source of LOST) expect(await producer.refusal(source)).toEqual(wayOut(source))
    expect(await producer.refusal(SILENT)).toMatch(
      /^SLOT_LOST: the slot \S+ is gone, but silent was read up to [0-9A-F]+\/[0-9A-F]+: /,
    )
  })

  it('a raised epoch starts over', async () => {
    await producer.end('SIGTERM')
    const lost: readonly string[] = [...LOST, SILENT]
    await world.captureSources(sources((name) => (lost.includes(name) ? 2 : 1)))
    producer = world.start()
    await producer.ready()
    for (const source of lost) await insert(source, 'again')
    for (const source of lost) await published(source, source === SILENT ? ['again'] : ['first', 'again'])
  })

  it('an epoch that is lowered again is refused with the one to write', async () => {
    await producer.end('SIGTERM')
    await world.captureSources(sources((name) => (name === SILENT ? 1 : 2)))
    producer = world.start()
    expect(await producer.refusal(SILENT)).toBe(
      `POSITION_BEHIND: the capture file gives silent the epoch 1, but it was read under 2 already: write 2 to go on where it was, or 3 to ` +
        `start over, and restart the event-producer`,
    )
  })
})
