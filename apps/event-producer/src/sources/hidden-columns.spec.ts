import { describe, expect, it } from '@jest/globals'
import { found, ITEM, relationOf, sourceOf, start, TABLES, type LoggedTransaction } from './capture-consumer.fixture.js'
import { HiddenColumns, type FileInForce } from './hidden-columns.js'
import { Outside } from './outside.fixture.js'
import { publishedAsTheyAre } from './quiet-catalogue.fixture.js'

const OMITTING = [{ ...ITEM, omit: ['cost'] }]
const insert = (commitLsn: bigint, columns: readonly string[]): LoggedTransaction => {
  const after = new Map(columns.map((name) => [name, name === 'company' ? 'c' : `${name} of ${commitLsn}`]))
  const change = { op: 'insert', relation: relationOf('item', columns), after } as const
  return { xid: `x${commitLsn}`, commitLsn, changes: [{ change, lsn: commitLsn - 1n }] }
}
/** The names in `data` of each inserted row's event, in their order. */
const shownBy = (outside: Outside): string[][] =>
  outside.topic
    .flat()
    .sort((a, b) => (a.position < b.position ? -1 : 1))
    .map(({ event }) => Object.keys(event.data ?? {}))

describe('omitted columns', () => {
  it.each([
    ['the process is there', null],
    ['it is not', {}],
    ['the source starts over', { epoch: 2 }],
  ] as const)('stay inside under another name, whether %s', async (_title, later) => {
    const outside = new Outside()
    const first = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'cost'] })
    await first.connect(found(50n))
    await first.read(insert(100n, ['id', 'company', 'cost']))
    await first.settled()
    if (later === null) {
      first.columnsNow = ['id', 'company', 'price']
      await first.read(insert(200n, ['id', 'company', 'price']))
      await first.settled()
    } else {
      await first.end()
      const capture = sourceOf({ tables: OMITTING, ...later })
      const second = start(outside, { capture, columnsNow: ['id', 'company', 'price'] })
      await second.connect(found(50n))
      if (capture.epoch === 1) await second.read(insert(100n, ['id', 'company', 'cost']))
      await second.read(insert(200n, ['id', 'company', 'price']))
      await second.settled()
    }
    expect(shownBy(outside)).toEqual([
      ['id', 'company'],
      ['id', 'company'],
    ])
  })

  it.each([
    ['key', { key: 'sku' }],
    ['version', { version: 'sku' }],
    ['url', { url: [{ kind: 'column', column: 'sku' }] }],
    ['actor', { actor: { id: 'sku', type: null, name: null } }],
  ] as const)('are no %s either when they have taken the name of that column', async (_title, part) => {
    const outside = new Outside()
    const capture = sourceOf({ tables: [{ ...ITEM, ...part, omit: ['cost'] }] })
    const process = start(outside, { capture, columnsNow: ['id', 'company', 'sku', 'cost'] })
    await process.connect(found(50n))
    await process.read(insert(100n, ['id', 'company', 'sku', 'cost']))
    process.columnsNow = ['id', 'company', 'ean', 'sku']
    await process.read(insert(200n, ['id', 'company', 'ean', 'sku']))
    await process.settled()
    const [before, after] = outside.events.map(({ event }) => JSON.stringify(event))
    expect(before).toMatch(/"sku(%20| )of(%20| )100"/)
    expect(after).not.toMatch(/"sku(%20| )of(%20| )200"/)
  })

  it.each([
    ['id', ['company', 'cost', 'id'], {}],
    ['company', ['id', 'cost', 'company'], {}],
    ['when', ['id', 'company', 'cost', 'state'], { when: [{ column: 'state', equals: 'state of 100' }] }],
  ] as const)('decide nothing when they have taken the name of the column of `%s`', async (_name, logged, part) => {
    const outside = new Outside()
    const capture = sourceOf({ tables: [{ ...ITEM, ...part, omit: ['cost'] }] })
    const process = start(outside, { capture, columnsNow: logged })
    await process.connect(found(50n))
    await process.read(insert(100n, logged))
    // The last column was dropped, and the omitted one before it has its name now.
    const left = [...logged.slice(0, -2), logged.at(-1) ?? '']
    process.columnsNow = left
    await expect(process.read(insert(200n, left))).rejects.toThrow(
      /may be a column that the capture file omits under another name/,
    )
    await process.settled()
    expect(outside.events).toHaveLength(1)
  })

  it('delete nothing when they have taken the name of the column of `deleted`', async () => {
    const outside = new Outside()
    const capture = sourceOf({ tables: [{ ...ITEM, deleted: { column: 'gone_at' }, omit: ['cost'] }] })
    const process = start(outside, { capture, columnsNow: ['id', 'company', 'cost', 'gone_at'] })
    await process.connect(found(50n))
    process.columnsNow = ['id', 'company', 'gone_at']
    await process.read(insert(200n, ['id', 'company', 'gone_at']))
    await process.settled()
    expect(shownBy(outside)).toEqual([['id', 'company']])
  })

  it('stay hidden when the table is dropped before it is looked at', async () => {
    const outside = new Outside()
    const process = start(outside, {
      capture: sourceOf({ tables: OMITTING }),
      columnsNow: ['id', 'company', 'name', 'cost'],
    })
    await process.connect(found(50n))
    process.columnsNow = null
    // The third column was dropped, the omitted one is called price, and another one was added.
    await process.read(insert(200n, ['id', 'company', 'price', 'ean']))
    await process.settled()
    expect(shownBy(outside)).toEqual([['id', 'company']])
  })

  it('stay hidden when they were added and renamed before the catalogue was looked at', async () => {
    const outside = new Outside()
    const first = start(outside, { capture: sourceOf({ tables: OMITTING }) })
    await first.connect(found(50n))
    await first.end()
    const second = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'price'] })
    await second.connect(found(50n))
    await second.read(insert(100n, ['id', 'company', 'cost']))
    await second.read(insert(200n, ['id', 'company', 'price']))
    await second.settled()
    await second.end()
    const third = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'price'] })
    await third.connect(found(50n))
    await third.read(insert(100n, ['id', 'company', 'cost']))
    await third.read(insert(200n, ['id', 'company', 'price']))
    await third.read(insert(300n, ['id', 'company', 'price']))
    await third.settled()
    expect(shownBy(outside)).toEqual(Array.from({ length: 3 }, () => ['id', 'company']))
  })

  it('stay hidden when they were added and dropped before the catalogue was looked at, and left the file', async () => {
    const outside = new Outside()
    const first = start(outside, { capture: sourceOf({ tables: OMITTING }) })
    await first.connect(found(50n))
    await first.end()
    const second = start(outside)
    await second.connect(found(50n))
    await second.read(insert(100n, ['id', 'company', 'cost']))
    second.columnsNow = ['id', 'company', 'cost']
    await second.read(insert(200n, ['id', 'company', 'cost']))
    await second.settled()
    expect(shownBy(outside)).toEqual([
      ['id', 'company'],
      // This column was added later, under today's file.
      ['id', 'company', 'cost'],
    ])
  })

  it('stay hidden when the file omits them by a name that they had before', async () => {
    const outside = new Outside()
    const first = start(outside, { columnsNow: ['id', 'company', 'cost'] })
    await first.connect(found(50n))
    await first.end()
    const second = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'price'] })
    await second.connect(found(50n))
    await second.read(insert(100n, ['id', 'company', 'price']))
    await second.settled()
    expect(shownBy(outside)).toEqual([['id', 'company']])
  })

  it('stay hidden when they are renamed while the slot is made', async () => {
    const outside = new Outside()
    const process = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'price'] })
    await process.connect(found(50n), TABLES, ['id', 'company', 'cost'])
    await process.read(insert(100n, ['id', 'company', 'price']))
    await process.settled()
    expect(shownBy(outside)).toEqual([['id', 'company']])
  })

  it('have no bearing on the columns of another database', async () => {
    const outside = new Outside()
    const first = start(outside, { capture: sourceOf({ tables: OMITTING }), columnsNow: ['id', 'company', 'cost'] })
    await first.connect(found(50n))
    await first.end()
    const second = start(outside, {
      capture: sourceOf({ tables: OMITTING, epoch: 2 }),
      columnsNow: ['id', 'company', 'name', 'cost'],
    })
    await second.connect(found(150n, { log: { systemIdentifier: '8', timeline: 1 } }))
    await second.read(insert(200n, ['id', 'company', 'name', 'cost']))
    await second.settled()
    expect(shownBy(outside)).toEqual([['id', 'company', 'name']])
  })
})

describe('a renamed omitted column', () => {
  const look = (column: string, lsn: bigint) => ({
    ...publishedAsTheyAre(TABLES, ['id', 'company', column]),
    startLsn: lsn,
    endLsn: lsn,
  })
  const reportedWhile = (inForce: FileInForce): unknown[] => {
    const reported: unknown[] = []
    const marks = { catalogue: {}, note: () => Promise.resolve() }
    const capture = sourceOf({ tables: OMITTING })
    const columns = new HiddenColumns({
      capture,
      marks,
      onRenamed: (table, renamed) => reported.push([table, renamed]),
    })
    columns.begin({ file: capture, tables: TABLES }, { read: () => Promise.reject(new Error('not asked')) })
    const known = columns.learn(look('cost', 10n), { columns: new Map() })
    columns.begin(inForce, { read: () => Promise.reject(new Error('not asked')) })
    columns.learn(look('price', 20n), { columns: known })
    return reported
  }

  it('is reported with the name that the file omits', () => {
    const file = sourceOf({ tables: OMITTING })
    expect(reportedWhile({ file, tables: TABLES })).toEqual([['public.item', { name: 'price', before: ['cost'] }]])
  })

  it('is not reported while the file in force does not name its table', () => {
    expect(reportedWhile({ file: sourceOf({ tables: [] }), tables: new Map() })).toEqual([])
  })
})
