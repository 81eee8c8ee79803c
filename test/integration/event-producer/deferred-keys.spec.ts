import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { EntityEvent, JsonObject } from '@hooklane/contracts/public'
import type pg from 'pg'
import { CaptureWorld } from './capture-world.js'

const TRANSACTIONS = 250
const TABLES = ['one', 'two'] as const

const table = fc.constantFrom(...TABLES)
const key = fc.integer({ min: 1, max: 6 })
const company = fc.constantFrom(`'c-1'`, `'c-1'`, `'c-2'`, 'NULL')
const name = fc.constantFrom(`'x'`, `'x'`, `'y'`)
const isSellable = fc.constantFrom(true, true, true, false)
const deletedAt = fc.constantFrom('NULL', 'NULL', 'now()')
/** A physical row, whatever its key: two may have one. */
const row = fc.nat({ max: 7 }).map((at) => `ctid = (SELECT ctid FROM $t ORDER BY id, name, ctid OFFSET ${at} LIMIT 1)`)

const statement = fc
  .tuple(
    table,
    fc.oneof(
      fc.tuple(key, company, name).map(([id, of, called]) => `INSERT INTO $t VALUES (${id}, ${of}, ${called})`),
      fc.tuple(key, row).map(([id, at]) => `UPDATE $t SET id = ${id} WHERE ${at}`),
      fc.tuple(key, key).map(([from, to]) => `UPDATE $t SET id = ${to} WHERE id = ${from}`),
      fc.constant(`UPDATE $t SET id = 7 - id WHERE id < 7`),
      fc.constant(`UPDATE $t SET id = CASE id WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 1 END WHERE id IN (1, 2, 3)`),
      fc.tuple(name, row).map(([called, at]) => `UPDATE $t SET name = ${called} WHERE ${at}`),
      fc.tuple(company, row).map(([of, at]) => `UPDATE $t SET company_id = ${of} WHERE ${at}`),
      fc.tuple(isSellable, row).map(([sellable, at]) => `UPDATE $t SET sellable = ${sellable} WHERE ${at}`),
      fc.tuple(deletedAt, row).map(([gone, at]) => `UPDATE $t SET deleted_at = ${gone} WHERE ${at}`),
      row.map((at) => `DELETE FROM $t WHERE ${at}`),
    ),
  )
  .map(([of, text]) => text.replaceAll('$t', of))

/** Every key has one row again: the others are deleted, or move to new keys. */
const settling = fc.constantFrom(
  `DELETE FROM $t a USING $t b WHERE a.id = b.id AND a.ctid < b.ctid`,
  `UPDATE $t SET id = free.id FROM (
     SELECT a.ctid, row_number() OVER () + (SELECT max(id) FROM $t) AS id
     FROM $t a WHERE EXISTS (SELECT FROM $t b WHERE a.id = b.id AND a.ctid < b.ctid)) free
   WHERE $t.ctid = free.ctid`,
)
const transaction = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 12 }), settling)
  .map(([statements, settle]) => [...statements, ...TABLES.map((of) => settle.replaceAll('$t', of))])

type Entities = Map<string, JsonObject>

/** What stands in the tables, by resource, company and id. */
async function entitiesOf(session: pg.Client): Promise<Entities> {
  const entities: Entities = new Map()
  for (const of of TABLES) {
    const { rows } = await session.query<{ id: number; company_id: string; name: string }>(
      `SELECT id, company_id, name FROM ${of} WHERE company_id IS NOT NULL AND sellable AND deleted_at IS NULL`,
    )
    for (const { id, company_id: companyId, name: called } of rows)
      entities.set(`${of}/${companyId}/${id}`, { id, company_id: companyId, name: called })
  }
  return entities
}

/** Applies an event to what a receiver knows. Returns what does not fit it. */
function receive(known: Entities, { type, companyId, entity, data, revision }: EntityEvent): string[] {
  const [resource, action] = type.split('.')
  const at = `${resource}/${companyId}/${entity.id}`
  const before = known.get(at)
  const findings =
    (action === 'created') === (before === undefined) ? [] : [`${at} is ${action}: ${JSON.stringify(before)}`]
  for (const { path, before: value } of revision?.changes ?? [])
    if (before?.[path.slice(1)] !== value) findings.push(`${at}${path} was ${JSON.stringify(value)}`)
  if (action === 'deleted') known.delete(at)
  else known.set(at, { id: Number(entity.id), company_id: companyId, name: data?.name ?? null })
  return findings
}

const sorted = (entities: Entities) => [...entities].sort(([a], [b]) => (a < b ? -1 : 1))

describe('keys that are unique at the commit only', () => {
  let world: CaptureWorld

  beforeAll(async () => {
    world = await CaptureWorld.create()
    for (const of of TABLES) {
      await world.pim.query(`
        CREATE TABLE ${of} (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, company_id text, name text, sellable bool DEFAULT true,
          deleted_at timestamptz);
        ALTER TABLE ${of} REPLICA IDENTITY FULL`)
    }
    await world.pim.query(
      `CREATE TABLE marker (id int PRIMARY KEY, company_id text); ALTER TABLE marker REPLICA IDENTITY FULL`,
    )
    const rules = `id: id, ignore: [sellable], deleted: { column: deleted_at }, when: { sellable: true }`
    await world.capture(
      [
        ...TABLES.map((of) => `public.${of}: { resource: ${of}, entity: thing, ${rules} }`),
        `public.marker: { resource: markers, entity: marker, id: id }`,
      ].join('\n'),
    )
    await world.start().ready()
  })
  afterAll(() => world.close())

  it('any transactions lead receivers from each state of the tables to the next, with one event for an entity', async () => {
    const seed = Number(process.env.CAPTURE_SEED ?? Math.floor(Math.random() * 1e9))
    const session = await world.session()
    const after = new Map<string, Entities>()
    for (const statements of fc.sample(transaction, { numRuns: TRANSACTIONS, seed })) {
      await session.query('BEGIN')
      const { rows } = await session.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid')
      for (const text of statements) await session.query(text)
      after.set(rows[0]?.xid ?? '', await entitiesOf(session))
      await session.query('COMMIT')
    }
    await world.pim.query(`INSERT INTO marker VALUES (1, 'c-1')`)
    const events = await world.eventsUntil((event) => event.type === 'markers.created')
    const known: Entities = new Map()
    for (const [xid, entities] of after) {
      const own = events.filter(({ revision }) => revision?.transaction?.id === xid)
      const findings = own.flatMap((event) => receive(known, event))
      const names = own.map(({ type, companyId, entity }) => `${type.split('.')[0]} ${companyId} ${entity.id}`)
      expect({ seed, xid, findings, repeated: names.length - new Set(names).size, known: sorted(known) }).toEqual({
        seed,
        xid,
        findings: [],
        repeated: 0,
        known: sorted(entities),
      })
    }
    expect(events.length).toBeGreaterThan(TRANSACTIONS)
  })
})
