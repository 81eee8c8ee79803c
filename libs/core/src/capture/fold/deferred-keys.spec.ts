import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { EntityEvent, JsonObject } from '@hooklane/contracts/public'
import type { Row, RowChange, TransactionInfo } from '../row-change.js'
import { RowReaders } from '../entity/row-readers.js'
import { MemorySpool } from './memory-spool.fixture.js'
import { PhysicalTables, RESOURCES, SOURCE } from './physical-tables.fixture.js'
import { TransactionFolder } from './transaction-folder.js'

const TRANSACTION: TransactionInfo = { xid: '1', commitLsn: 1n, commitEndLsn: 2n, committedAtMs: 0 }

async function fold(changes: Iterable<RowChange>, memoryLimit = Infinity): Promise<EntityEvent[]> {
  const openSpool = () => Promise.resolve(new MemorySpool())
  const folder = new TransactionFolder(new RowReaders(SOURCE), { openSpool, memoryLimit })
  let lsn = 0n
  for (const change of changes) await folder.add(change, { lsn: lsn++, index: 0 })
  const events: EntityEvent[] = []
  for await (const event of folder.events(TRANSACTION)) events.push(event)
  await folder.discard()
  return events
}

type Entities = ReadonlyMap<string, JsonObject>

/** Applies events to what a receiver knows; what does not fit it is a finding. */
function receive(known: Entities, events: readonly EntityEvent[]): { entities: Entities; findings: string[] } {
  const entities = new Map(known)
  const findings: string[] = []
  const touched = new Set<string>()
  for (const { type, companyId, entity, data, revision } of events) {
    const [resource, action] = type.split('.')
    const name = `${resource}/${companyId}/${entity.id}`
    const before = entities.get(name)
    const was = JSON.stringify(before)
    if (touched.has(name)) findings.push(`${name} has two events`)
    touched.add(name)
    if ((action === 'created') !== (before === undefined)) findings.push(`${name} is ${action}, but was ${was}`)
    if (before && revision?.previous !== before.version)
      findings.push(`${name} follows ${revision?.previous}, not ${was}`)
    if (action === 'updated' && revision?.changes?.length === 0) findings.push(`${name} is updated without a change`)
    for (const { path, before: value } of revision?.changes ?? [])
      if (before?.[path.slice(1)] !== value) findings.push(`${name}${path} was ${JSON.stringify(value)}, not ${was}`)
    if (action === 'deleted') entities.delete(name)
    else entities.set(name, data ?? {})
  }
  return { entities, findings }
}

/** As texts, without two columns: the ignored one, and the one that untouched rows get by ALTER TABLE, which is not logged. */
const shown = (entities: Entities) =>
  [...entities].map(([name, { noise: _noise, added: _added, ...data }]) => `${name} ${JSON.stringify(data)}`).sort()

const KEYS = ['1', '2', '3', '4', '5', '6']

/** Few keys and values, so that rows meet and are often equal. */
const row = fc
  .record({
    id: fc.constantFrom(...KEYS),
    company: fc.constantFrom('a', 'a', 'a', 'b', null),
    name: fc.constantFrom('x', 'x', 'y', null),
    version: fc.constantFrom('1', '1', '2'),
    noise: fc.constantFrom('1', '1', '2'),
    deleted: fc.constantFrom(null, null, null, 'yes'),
    live: fc.constantFrom('t', 't', 't', 'f'),
  })
  .map((values): Row => new Map(Object.entries(values)))

const one = { resource: fc.constantFrom(...RESOURCES), at: fc.nat({ max: 5 }) }
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('insert' as const), resource: one.resource, row }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('update' as const), ...one, row }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('move' as const), ...one, id: fc.constantFrom(...KEYS) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), ...one }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('describe' as const, 'alter' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function run(
  tables: PhysicalTables,
  { steps, choices }: { steps: readonly Step[]; choices: readonly number[] },
): RowChange[] {
  for (const one of steps) {
    if (one.op === 'insert') tables.insert(one.resource, one.row)
    else if (one.op === 'update') tables.update(one.resource, one.at, one.row)
    else if (one.op === 'move') tables.update(one.resource, one.at, new Map([['id', one.id]]))
    else if (one.op === 'delete') tables.delete(one.resource, one.at)
    else if (one.op === 'describe') tables.describeAgain()
    else tables.alter()
  }
  tables.settle(KEYS, choices)
  return tables.commit()
}

const transaction = fc.record({
  steps: fc.array(step, { maxLength: 25 }),
  choices: fc.array(fc.nat({ max: 11 }), { maxLength: 12 }),
})

const item = (id: string, name: string, values: Record<string, string | null> = {}): Row =>
  new Map(Object.entries({ id, company: 'a', name, version: '1', noise: '1', deleted: null, live: 't', ...values }))

/** `type id name` of each event of a transaction that begins with these rows. */
async function eventsOf(rows: readonly Row[], change: (tables: PhysicalTables) => void): Promise<string[]> {
  const tables = new PhysicalTables()
  for (const one of rows) tables.insert('items', one)
  tables.commit()
  change(tables)
  const events = await fold(tables.commit())
  return events.map(({ type, entity, data }) => `${type} ${entity.id} ${JSON.stringify(data?.name)}`)
}

describe('keys that are unique at the commit only', () => {
  it('any transaction is the difference between the tables before and after it, with the right state before', async () => {
    await fc.assert(
      fc.asyncProperty(
        transaction,
        transaction,
        fc.constantFrom(0, 400, Infinity),
        async (earlier, wanted, memoryLimit) => {
          const tables = new PhysicalTables()
          run(tables, earlier)
          const before = tables.entities()
          const events = await fold(run(tables, wanted), memoryLimit)
          const { entities, findings } = receive(before, events)
          expect(findings).toEqual([])
          expect(shown(entities)).toEqual(shown(tables.entities()))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('rows that swap keys, of which one is then deleted, leave one deletion', async () => {
    const events = await eventsOf([item('1', 'x'), item('2', 'x')], (tables) => {
      tables.update('items', 0, new Map([['id', '2']]))
      tables.update('items', 1, new Map([['id', '1']]))
      tables.delete('items', 0)
    })
    expect(events).toEqual(['items.deleted 2 "x"'])
  })

  it('a row that was displaced for a moment keeps what it was changed to meanwhile', async () => {
    const events = await eventsOf([item('1', 'a'), item('2', 'b')], (tables) => {
      tables.update('items', 1, new Map([['id', '1']]))
      tables.update('items', 0, new Map([['name', 'a2']]))
      tables.update('items', 1, new Map([['id', '2']]))
    })
    expect(events).toEqual(['items.updated 1 "a2"'])
  })

  it('what was deleted has the last state in which it was there, and the departure of the row that stays', async () => {
    const tables = new PhysicalTables()
    tables.insert('items', item('1', 'a'))
    tables.commit()
    tables.update('items', 0, new Map([['name', 'b']]))
    tables.update(
      'items',
      0,
      new Map([
        ['deleted', 'yes'],
        ['version', '7'],
      ]),
    )
    const [event] = await fold(tables.commit())
    expect(event).toMatchObject({ type: 'items.deleted', data: { name: 'b' }, revision: { number: 7, previous: 1 } })
  })

  it.each([
    ['in memory', Infinity],
    ['in a file', 0],
  ])('every row of a large table may meet in one key, %s', async (_where, memoryLimit) => {
    const count = 20_000
    const tables = new PhysicalTables()
    for (let n = 1; n <= count; n++) tables.insert('items', item(String(n), `n${n}`))
    tables.commit()
    for (let at = 0; at < count; at++) tables.update('items', at, new Map([['id', '0']]))
    for (let at = 0; at < count; at++) tables.update('items', at, new Map([['id', String(count - at)]]))
    const events = await fold(tables.commit(), memoryLimit)
    expect(events).toHaveLength(count)
    expect(events[0]).toMatchObject({ type: 'items.updated', entity: { id: '1' }, data: { name: `n${count}` } })
  })
})

describe('rows whose values change without being logged', () => {
  it('an entity that came in the transaction is created once, whatever its row became', async () => {
    // A type's value was renamed between the two changes: the WAL prints the old row with its new name.
    const tables = new PhysicalTables()
    tables.insert('items', item('1', 'old name'))
    const [inserted] = tables.commit()
    const renamed = new PhysicalTables()
    renamed.insert('items', item('1', 'new name'))
    renamed.commit()
    renamed.update('items', 0, new Map([['name', 'x']]))
    renamed.update('items', 0, new Map([['name', 'y']]))
    const events = await fold([...(inserted ? [inserted] : []), ...renamed.commit()])
    expect(events.map(({ type, data }) => [type, data?.name])).toEqual([['items.created', 'y']])
  })
})
