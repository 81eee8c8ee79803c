import { describe, expect, it } from '@jest/globals'
import { insert, MEANING, note, of, remove, Script, TOKEN, truncate, update } from './capture-judge.fixture.js'

const CLEAN = { lost: 0, invented: 0, leaked: 0, confused: 0, texts: [] }
const lamp = { name: 'Lamp' }
const chair = { name: "Chair o'clock" }

/** A run with two transactions that are published correctly. */
const good = () =>
  new Script()
    .commits([insert(lamp)], [{ of: lamp }])
    .commits([update(lamp, chair)], [{ operation: 'update', was: lamp, of: chair }])

describe('the judge of captured changes', () => {
  it('finds nothing where every change is published', () => {
    expect(good().ends(chair)).toEqual(CLEAN)
    const deleted = good().commits([remove(chair)], [{ operation: 'delete', of: chair }])
    expect(deleted.ends()).toEqual(CLEAN)
  })

  it('expects one event for several changes of a row in one transaction, and none if they cancel out', () => {
    const script = new Script()
      .commits([insert(lamp), update(lamp, chair)], [{ of: chair }])
      .commits([remove(chair), insert(lamp)], [{ operation: 'update', was: chair, of: lamp }])
      .commits([insert({ id: '2' }), remove({ id: '2' })])
      .commits([update(lamp, { ...lamp, seen: 'now' })])
    expect(script.ends({ ...lamp, seen: 'now' })).toEqual(CLEAN)
  })

  it('expects a deletion in the old company and a creation in the new one when a row changes its company', () => {
    const moved = { ...lamp, company_id: 'b' }
    const script = new Script()
      .commits([insert(lamp)], [{ of: lamp }])
      .commits([update(lamp, moved)], [{ operation: 'delete', of: lamp }, { of: moved }])
    expect(script.ends(moved)).toEqual(CLEAN)
  })

  it('reports a change without an event as lost', () => {
    const script = good().commits([update(chair, lamp)])
    expect(script.ends(lamp)).toMatchObject({ lost: 1, invented: 0 })
  })

  it('accepts a change without an event if a later resync.required covers it, but not if an earlier one does', () => {
    const told = () =>
      good()
        .commits([update(chair, lamp)])
        .commits([], [{ resync: 'publication' }])
    expect(told().ends(lamp)).toEqual(CLEAN)
    expect(
      told()
        .commits([update(lamp, chair)])
        .ends(chair),
    ).toMatchObject({ lost: 1 })
  })

  it('accepts a partly published transaction if a resync.required covers it, and only then', () => {
    const partly = () => good().commits([insert({ id: '2' }), remove({ id: '2' })], [{ of: { id: '2' } }])
    expect(
      partly()
        .commits([], [{ resync: 'publication' }])
        .ends(chair),
    ).toEqual(CLEAN)
    expect(partly().ends(chair)).toMatchObject({ lost: 1, invented: 0 })
    expect(
      good()
        .commits([], [{ of: { id: '2' } }])
        .ends(chair),
    ).toMatchObject({ invented: 1 })
  })

  it('does not accept a resync.required of another company', () => {
    const script = good()
      .commits([update(chair, lamp)])
      .commits([], [{ resync: 'publication', of: { company_id: 'b' } }])
    expect(script.ends(lamp)).toMatchObject({ lost: 1 })
  })

  it('does not accept a resync.required after a checkpoint', () => {
    const script = good()
      .commits([update(chair, lamp)])
      .commits([note({ did: 'checkpoint' })])
      .commits([], [{ resync: 'publication' }])
    expect(script.ends(lamp)).toMatchObject({ lost: 1 })
  })

  it('reports rows as lost after TRUNCATE unless it is announced', () => {
    expect(good().commits([truncate()]).ends()).toMatchObject({ lost: 1 })
    expect(
      good()
        .commits([truncate()], [{ resync: 'truncated' }])
        .ends(),
    ).toEqual(CLEAN)
  })

  it('reports rows as lost after a partition was attached or detached unless it is announced', () => {
    const inside = { id: '5' }
    const waiting = () =>
      good()
        .commits([note({ did: 'createTable', table: 'x', like: 'item' })])
        .commits([of(insert(inside), 'x')])
    const attach = note({ did: 'attach', table: 'x', parent: 'item' })
    const detach = note({ did: 'detach', table: 'x' })
    expect(waiting().commits([attach]).ends(chair, inside)).toMatchObject({ lost: 1 })
    const attached = () =>
      waiting()
        .commits([attach])
        .commits([], [{ resync: 'attached' }])
    expect(attached().ends(chair, inside)).toEqual(CLEAN)
    expect(attached().commits([detach]).ends(chair)).toMatchObject({ lost: 1 })
    expect(
      attached()
        .commits([detach])
        .commits([], [{ resync: 'detached' }])
        .ends(chair),
    ).toEqual(CLEAN)
    // The partition is gone again before it could be announced, and receivers lack nothing.
    expect(waiting().commits([attach]).commits([detach]).ends(chair)).toEqual(CLEAN)
  })

  it.each([
    ['accepts a column with or without its value under a name that came and went within two minutes', 60, 0],
    ['expects the values of a column under a name that stayed longer', 600, 1],
  ])('%s', (_case, seconds, invented) => {
    const renamed = update(chair, lamp).replaceAll('name[text]', 'label[text]')
    const data = { id: 1, company_id: 'a', seen: 'now' }
    const changes = [{ op: 'replace', path: '/seen', before: null, after: 'now' }]
    const script = good()
      .starts([{ ...MEANING, key: null, ignore: [] }], 'SIGTERM')
      .commits([note({ did: 'renameColumn', table: 'item', column: 'name', to: 'label' })])
      .commits(
        [renamed.replace(/seen\[text\]:null$|seen\[text\]:null(?= secret)/, "seen[text]:'now'")],
        [
          {
            operation: 'update',
            of: lamp,
            more: { data, entity: { type: 'item', id: '1', key: null, url: null } },
            changes,
          },
        ],
      )
      .passes(seconds)
      .commits([note({ did: 'renameColumn', table: 'item', column: 'label', to: 'title' })])
    expect(script.ends({ ...lamp }).invented).toBe(invented)
  })

  it.each([
    ['accepts a column with or without its value if the file omits its former name', ['name'], 0],
    ['expects the value of a renamed column if the file omits none of its names', ['other'], 1],
  ])('%s', (_case, omit, invented) => {
    const renamed = insert(lamp).replaceAll('name[text]', 'label[text]')
    const data = { id: 1, company_id: 'a', seen: null }
    const script = new Script()
      .starts([{ ...MEANING, key: null, omit: [...MEANING.omit, ...omit] }], 'SIGTERM')
      .passes(600)
      .commits([note({ did: 'renameColumn', table: 'item', column: 'name', to: 'label' })])
      .passes(600)
      .commits([renamed], [{ of: lamp, more: { data, entity: { type: 'item', id: '1', key: null, url: null } } }])
    expect(script.ends({ ...lamp }).invented).toBe(invented)
  })

  it('reads rows by the names and types that their columns had when the row was written', () => {
    const renamed = update(chair, lamp).replaceAll('name[text]', 'label[text]')
    const data = { id: 1, company_id: 'a', label: 'Lamp', seen: null }
    const revision = { operation: 'update', change: 0 } as const
    const changes = [{ op: 'replace', path: '/label', before: chair.name, after: 'Lamp' }]
    const script = good()
      .starts([{ ...MEANING, key: 'label' }], 'SIGTERM')
      .commits([note({ did: 'renameColumn', table: 'item', column: 'name', to: 'label' })])
      .commits([renamed], [{ ...revision, of: lamp, more: { data }, changes }])
    expect(script.ends({ ...lamp }).invented).toBe(0)
  })

  it.each([
    ['an event without a change', { id: '9' }],
    ['data that was not committed', { name: 'Table' }],
  ])('reports %s as invented', (_what, of) => {
    const script = new Script().commits([insert(lamp)], [{ of }])
    expect(script.ends(lamp).invented).toBeGreaterThan(0)
  })

  it.each([
    ['a wrong state before the change', { operation: 'update', was: { name: 'Table' }, of: chair }],
    [
      'an omitted column in its data',
      {
        operation: 'update',
        was: lamp,
        of: chair,
        more: { data: { id: 1, company_id: 'a', ...chair, seen: null, secret_cost: null } },
      },
    ],
    [
      'another key',
      { operation: 'update', was: lamp, of: chair, more: { entity: { type: 'item', id: '1', key: 'x', url: null } } },
    ],
    ['the position of another change', { operation: 'update', was: lamp, of: chair, change: 4 }],
  ] as const)('reports an event with %s as invented', (_what, event) => {
    const script = new Script().commits([insert(lamp)], [{ of: lamp }]).commits([update(lamp, chair)], [event])
    expect(script.ends(chair)).toMatchObject({ invented: 1, lost: 0 })
  })

  it('reports an event for an update of only an ignored column as invented', () => {
    const seen = { ...lamp, seen: 'now' }
    const script = new Script()
      .commits([insert(lamp)], [{ of: lamp }])
      .commits([update(lamp, seen)], [{ operation: 'update', was: lamp, of: seen }])
    expect(script.ends(seen)).toMatchObject({ invented: 1 })
  })

  it('reports a repeated record as invented, with the same content and with different content', () => {
    expect(good().publishes(2, { operation: 'update', was: lamp, of: chair }).ends(chair)).toMatchObject({
      invented: 1,
    })
    expect(good().publishes(2, { operation: 'update', was: lamp, of: lamp }).ends(chair)).toMatchObject({ invented: 1 })
  })

  it('reports events in the wrong order as invented', () => {
    const script = new Script().commits([insert(lamp)]).commits([update(lamp, chair)])
    script.publishes(2, { operation: 'update', was: lamp, of: chair }).publishes(1, { of: lamp })
    expect(script.ends(chair)).toMatchObject({ invented: 1 })
  })

  it('reports an event of a transaction that was rolled back as invented', () => {
    expect(
      good()
        .publishes(9, { of: { id: '9' } })
        .ends(chair),
    ).toMatchObject({ invented: 1 })
  })

  it('finds a secret anywhere in a record', () => {
    const script = new Script().commits([insert(lamp)], [{ of: lamp, more: { note: `x ${TOKEN}-1` } }])
    expect(script.ends(lamp)).toMatchObject({ leaked: 1, invented: 0 })
  })

  it('judges a half-published transaction by the capture file of its first event, and the next one by the present file', () => {
    const other = { ...MEANING, key: null }
    const [one, two] = [{ id: '1' }, { id: '2' }]
    const half = () => new Script().commits([insert(one), insert(two)], [{ of: one }]).starts([other], 'SIGKILL')
    expect(half().publishes(1, { of: two, change: 1 }).ends(one, two)).toEqual(CLEAN)
    const keyless = { entity: { type: 'item', id: '2', key: null, url: null } }
    expect(half().publishes(1, { of: two, change: 1, more: keyless }).ends(one, two)).toMatchObject({ invented: 1 })
    const later = half()
      .publishes(1, { of: two, change: 1 })
      .commits([insert({ id: '3' })])
    later.publishes(2, { of: { id: '3' }, more: { entity: { ...keyless.entity, id: '3' } } })
    expect(later.ends(one, two, { id: '3' })).toEqual(CLEAN)
  })

  it('expects an announcement when a table is named in the file again, and none while it is not named', () => {
    const out = () =>
      good()
        .starts([], 'SIGTERM')
        .commits([update(chair, lamp)])
    expect(out().ends(lamp)).toEqual(CLEAN)
    expect(out().starts([MEANING], 'SIGTERM').ends(lamp)).toMatchObject({ lost: 1 })
    const told = out()
      .starts([MEANING], 'SIGTERM')
      .commits([], [{ resync: 'publication' }])
    expect(told.ends(lamp)).toEqual(CLEAN)
  })

  it('reports that it is confused when the tables do not match the log', () => {
    expect(good().ends(lamp)).toMatchObject({ confused: 1 })
    expect(
      good()
        .commits([remove({ id: '7' })])
        .ends(chair).confused,
    ).toBeGreaterThan(0)
  })
})
