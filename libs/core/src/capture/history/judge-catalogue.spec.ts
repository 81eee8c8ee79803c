import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { factsOf, leafOf, OIDS, partitionedBy, publicationOf, tableOf, wholeFacts } from './catalogue.fixture.js'
import { watchColumns } from './column-history.js'
import { catalogueFromJson, catalogueToJson } from './catalogue-json.js'
import { knownFrom, NOTHING_KNOWN, withOutcome, type CatalogueFacts, type CatalogueTable } from './catalogue.js'
import { GAP_ID, gapId, judgeCatalogue, type CatalogueQuestion } from './judge-catalogue.js'

const ask = (facts: CatalogueFacts, part: Partial<CatalogueQuestion> = {}) =>
  judgeCatalogue({
    name: 'p',
    known: knownFrom(factsOf()),
    facts,
    before: OIDS,
    accepted: new Set(),
    truncatedBy: new Map(),
    ...part,
  })

/** Reasons of the gaps of `public.a`. */
const gapIn = (facts: CatalogueFacts, part: Partial<CatalogueQuestion> = {}) => {
  const gap = ask(facts, part).gaps.get('public.a')
  return gap && `${gap.reason}${gap.isReadable ? '' : ' (unreadable)'}`
}

const withPublication = (part: Parameters<typeof publicationOf>[0], table: CatalogueTable = tableOf()) =>
  factsOf({ publication: publicationOf(part), tables: new Map([[1, table]]) })

const member = (version: string, isNarrowed = false) => new Map([[1, { version, isNarrowed }]])

describe('a publication', () => {
  it.each([
    ['was dropped', factsOf({ publication: null }), 'the publication p was dropped (unreadable)'],
    ['is another one', withPublication({ version: '95/700' }), 'the publication p was dropped and made again'],
    [
      'was altered, and altered back',
      withPublication({ version: '90/701' }),
      'the options or the owner of the publication p were altered, so it may have left out changes in between',
    ],
    [
      'leaves out operations',
      withPublication({ publishesAll: false }),
      'the publication p did not publish all of insert, update, delete and truncate',
    ],
    [
      'names partitions instead of their table',
      withPublication({ viaRoot: false }, partitionedBy({})),
      'the publication p published changes of public.a under the names of its partitions (publish_via_partition_root is off)',
    ],
    [
      'names a table above the captured one',
      withPublication({}, tableOf({ publishedAs: { name: 'public.all', member: 'TABLE public.all' } })),
      'the publication p published changes of public.a under the name of public.all, of which public.a is a partition',
    ],
    [
      'leaves out generated columns',
      withPublication({ publishesGenerated: false }, tableOf({ hasGenerated: true })),
      'the publication p left out the generated columns of public.a (publish_generated_columns)',
    ],
    ['lacks the table', withPublication({ members: new Map() }), 'public.a was taken out of the publication p'],
    [
      'narrows the table',
      withPublication({ members: member('91/700', true) }),
      'a column list or a row filter was put on public.a in the publication p',
    ],
    [
      'lacked the table for a while',
      withPublication({ members: member('92/701') }),
      'public.a was, for a while, not in the publication p, or was published with a column list or a row filter',
    ],
  ])('that %s leaves a gap', (_, facts, reason) => {
    expect(gapIn(facts)).toBe(reason)
  })

  it.each([
    ['is as it was', factsOf()],
    ['does not go by the root of a table without partitions', withPublication({ viaRoot: false })],
    ['leaves out generated columns that no captured table has', withPublication({ publishesGenerated: false })],
    [
      'goes by each partition, of which one is captured',
      withPublication({ viaRoot: false }, tableOf({ publishedAs: { name: 'public.all', member: 'TABLE public.all' } })),
    ],
  ])('that %s leaves none', (_, facts) => {
    expect(ask(facts)).toMatchObject({ gaps: new Map(), announced: new Map() })
  })

  it('of all tables needs no row for each', () => {
    const all = withPublication({ isOfAllTables: true, members: new Map() })
    expect(gapIn(all, { known: knownFrom(all) })).toBeUndefined()
    const altered = withPublication({ isOfAllTables: true, members: new Map(), version: '90/701' })
    expect(gapIn(altered, { known: knownFrom(all) })).toContain('were altered')
  })

  it('of which nothing was noted is judged by what it is now', () => {
    const known = NOTHING_KNOWN
    expect(gapIn(withPublication({ version: '1/1', members: member('2/2') }), { known })).toBeUndefined()
    expect(gapIn(withPublication({ members: new Map() }), { known })).toContain('was taken out')
  })

  it('leaves no gap in a table that was not captured', () => {
    const before = new Map([['public.b', 2]])
    expect(ask(factsOf({ publication: null }), { before })).toMatchObject({ gaps: new Map(), announced: new Map() })
  })
})

describe('a captured table', () => {
  it('that has another table under its name has a gap, also when that is published', () => {
    expect(gapIn(factsOf(), { before: new Map([['public.a', 9]]) })).toBe(
      'another table now has the name public.a; the table that was captured under this name was renamed or dropped',
    )
  })

  it('that has swapped names with another captured one has a gap, and so has the other', () => {
    const published = { a: '91/700', b: '92/700' }
    const members = new Map([
      [1, { version: published.a, isNarrowed: false }],
      [2, { version: published.b, isNarrowed: false }],
    ])
    const tables = new Map([1, 2].map((oid) => [oid, tableOf()]))
    const before = new Map([
      ['public.a', 1],
      ['public.b', 2],
    ])
    const earlier = factsOf({ oids: before, tables, publication: publicationOf({ members }) })
    const swapped = new Map([
      ['public.a', 2],
      ['public.b', 1],
    ])
    const verdict = ask({ ...earlier, oids: swapped }, { before, known: knownFrom(earlier) })
    expect([...verdict.gaps.keys()]).toEqual(['public.a', 'public.b'])
  })

  it('that was renamed is the same', () => {
    expect(ask(factsOf(), { before: new Map([['public.old', 1]]) })).toMatchObject({
      gaps: new Map(),
      announced: new Map(),
      former: new Map(),
    })
  })

  it.each([
    ['under its name', new Map([['public.a', 1]])],
    ['under another name', new Map([['public.old', 1]])],
    ['with another table under its name', new Map([['public.a', 9]])],
  ])('that the file names again is announced, whatever it lacked (%s)', (_, former) => {
    const facts = withPublication({ members: new Map() })
    const known = { ...knownFrom(factsOf()), former }
    for (const before of [OIDS, new Map<string, number>()]) {
      expect(ask(facts, { known, before })).toEqual({
        gaps: new Map(),
        excused: new Set(['public.a']),
        announced: new Map([['public.a', 'publication']]),
        former: new Map(),
      })
    }
  })

  it('that the file names no longer is remembered, and so is one that it named before', () => {
    const before = new Map([...OIDS, ['public.b', 2] as const])
    const known = { ...knownFrom(factsOf()), former: new Map([['public.c', 3]]) }
    expect([...ask(factsOf(), { known, before }).former]).toEqual([
      ['public.c', 3],
      ['public.b', 2],
    ])
  })

  it('whose gap is accepted is announced', () => {
    expect(ask(factsOf({ publication: null }), { accepted: new Set(['public.a']) })).toMatchObject({
      gaps: new Map(),
      announced: new Map([['public.a', 'publication']]),
    })
  })
})

describe('the partitions of a captured table', () => {
  const known = (table: CatalogueTable) => knownFrom(factsOf({ tables: new Map([[1, table]]) }))
  const two = partitionedBy({ 11: { file: '61' }, 12: { file: '62' } })
  const after = (table: CatalogueTable, before = two, part: Partial<CatalogueQuestion> = {}) =>
    ask(factsOf({ tables: new Map([[1, table]]) }), { known: known(before), ...part }).announced.get('public.a')

  it.each([
    ['are as they were', two, undefined],
    [
      'have a new one that was made as one',
      partitionedBy({ 11: { file: '61' }, 12: { file: '62' }, 13: { file: '13' } }),
      undefined,
    ],
    [
      'have a new one with rows',
      partitionedBy({ 11: { file: '61' }, 12: { file: '62' }, 13: { file: '13', emptyLinks: 0 } }),
      'attached',
    ],
    [
      'have a new one that was emptied since it was made',
      partitionedBy({ 11: { file: '61' }, 12: { file: '62' }, 13: { file: '90' } }),
      'truncated',
    ],
    ['lack one', partitionedBy({ 11: { file: '61' } }), 'detached'],
    ['have one with another file', partitionedBy({ 11: { file: '61' }, 12: { file: '70' } }), 'truncated'],
    [
      'have one that left and came back',
      partitionedBy({ 11: { file: '61' }, 12: { file: '62', path: '/9' } }),
      'attached',
    ],
    [
      'lack one and have another with rows',
      partitionedBy({ 11: { file: '61' }, 13: { file: '13', emptyLinks: 0 } }),
      'detached',
    ],
  ] as const)('that %s', (_, found, reason) => {
    expect(after(found)).toBe(reason)
  })

  it('that are made below a known one have joined without rows; those that came with what is above them may bring rows', () => {
    const before = partitionedBy({ 11: { file: '11', path: '/5/6' } })
    const withNew = (path: string, emptyLinks: number) =>
      after(partitionedBy({ 11: { file: '11', path: '/5/6' }, 12: { file: '12', path, emptyLinks } }), before)
    expect(withNew('/5/7', 1)).toBeUndefined()
    expect(withNew('/5/8/7', 2)).toBeUndefined()
    expect(withNew('/8/7', 2)).toBeUndefined()
    expect(withNew('/5/7', 0)).toBe('attached')
    expect(withNew('/5/8/7', 1)).toBe('attached')
    expect(withNew('/8/7', 1)).toBe('attached')
    expect(withNew('/55/7', 1)).toBe('attached')
  })

  it('that were emptied by a TRUNCATE of their table are announced at its place in the log', () => {
    const emptied = partitionedBy({ 11: { file: '71', alteredBy: '800' }, 12: { file: '72', alteredBy: '800' } })
    const truncatedBy = new Map([['public.a', new Set(['800'])]])
    expect(after(emptied, two, { truncatedBy })).toBeUndefined()
    const andNew = partitionedBy({ 11: { file: '61' }, 12: { file: '62' }, 13: { file: '90', alteredBy: '800' } })
    expect(after(andNew, two, { truncatedBy })).toBeUndefined()
    const andOneMore = partitionedBy({ 11: { file: '71', alteredBy: '800' }, 12: { file: '73', alteredBy: '801' } })
    expect(after(andOneMore, two, { truncatedBy })).toBe('truncated')
  })

  it('of a table that was not captured, or of which nothing was noted, are taken as they are', () => {
    expect(after(partitionedBy({}), two, { before: new Map() })).toBeUndefined()
    expect(after(partitionedBy({}), two, { known: NOTHING_KNOWN })).toBeUndefined()
  })

  it('a table without any is never announced: its TRUNCATE is in the log, and it cannot be UNLOGGED while it is named', () => {
    const rewritten = tableOf({ leaves: new Map([[1, leafOf({ path: '', file: '99' })]]) })
    expect(after(rewritten, tableOf())).toBeUndefined()
  })

  it('a rewritten table without any, in a publication of all tables, may have been UNLOGGED for a while', () => {
    const publication = publicationOf({ isOfAllTables: true, members: new Map() })
    const rewritten = tableOf({ leaves: new Map([[1, leafOf({ path: '', file: '99', alteredBy: '800' })]]) })
    const facts = factsOf({ publication, tables: new Map([[1, rewritten]]) })
    const before = knownFrom(factsOf({ publication }))
    expect(ask(facts, { known: before }).announced.get('public.a')).toBe('publication')
    const truncatedBy = new Map([['public.a', new Set(['800'])]])
    expect(ask(facts, { known: before, truncatedBy }).announced).toEqual(new Map())
  })
})

describe('a plan', () => {
  const plan = { xid: '800', tables: OIDS, publication: '90/800', members: new Map([[1, '91/800']]) }
  const planned = { ...NOTHING_KNOWN, plan }

  it.each(['committed', 'unknown'] as const)('that was %s is compared as if it had been settled', (outcome) => {
    expect(withOutcome(planned, new Map(), outcome)).toEqual({
      known: { ...NOTHING_KNOWN, publication: '90/800', members: plan.members },
      captured: OIDS,
    })
  })

  it('that was aborted changes nothing', () => {
    expect(withOutcome(planned, new Map(), 'aborted')).toEqual({ known: NOTHING_KNOWN, captured: new Map() })
  })
})

describe('the id of a gap', () => {
  const known = knownFrom(factsOf())
  const { gaps } = ask(withPublication({ members: new Map() }))

  it('is the same for as long as the gap is open, and text in YAML', () => {
    expect(gapId(gaps, known, 1)).toBe(gapId(new Map(gaps), { ...known }, 1))
    expect(gapId(gaps, known, 1)).toMatch(GAP_ID)
  })

  it('is another one for the same gap after it was closed, after a new epoch, and for other gaps', () => {
    const other = ask(withPublication({ publishesAll: false })).gaps
    const ids = [
      gapId(gaps, known, 1),
      gapId(gaps, { ...known, closings: 1 }, 1),
      gapId(gaps, known, 2),
      gapId(other, known, 1),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is none where the log cannot be read any further', () => {
    expect(gapId(ask(factsOf({ publication: null })).gaps, known, 1)).toBeNull()
  })
})

describe('what is known of a catalogue', () => {
  it('is the same after it was stored, whatever tables are called', () => {
    fc.assert(
      fc.property(wholeFacts, wholeFacts, fc.nat(), fc.boolean(), (facts, other, closings, isPlanned) => {
        const { oids: former } = other
        const plan = { xid: '9007199254740993', tables: facts.oids, publication: '1/2', members: new Map([[5, '6/7']]) }
        const columns = watchColumns(new Map(), facts, new Map([[1, ['cost']]]))
        const known = { ...knownFrom(facts, { former, closings, columns }), plan: isPlanned ? plan : null }
        const stored = JSON.parse(JSON.stringify(catalogueToJson(known))) as ReturnType<typeof catalogueToJson>
        expect(catalogueFromJson(stored)).toEqual(known)
      }),
    )
    expect(catalogueFromJson({})).toBeNull()
  })

  it('never raises an alarm against itself', () => {
    fc.assert(
      fc.property(wholeFacts, (facts) => {
        const verdict = ask(facts, { known: knownFrom(facts), before: facts.oids })
        expect(verdict).toEqual({ gaps: new Map(), excused: new Set(), announced: new Map(), former: new Map() })
      }),
    )
  })

  it('raises one for the table whose row of the publication is another version, and for all when that of the publication is', () => {
    fc.assert(
      fc.property(wholeFacts, fc.nat(), (facts, nth) => {
        const { publication, oids } = facts
        if (!publication) throw new Error()
        const known = knownFrom(facts)
        const altered = { ...publication, version: `${publication.version}1` }
        expect([...ask({ ...facts, publication: altered }, { known, before: oids }).gaps.keys()]).toEqual([
          ...oids.keys(),
        ])
        const [oid, one] = [...publication.members][nth % Math.max(publication.members.size, 1)] ?? []
        if (oid === undefined || !one) return
        const members = new Map([...publication.members, [oid, { ...one, version: `${one.version}1` }]])
        const { gaps } = ask({ ...facts, publication: { ...publication, members } }, { known, before: oids })
        expect([...gaps.keys()].map((table) => oids.get(table))).toEqual([oid])
      }),
    )
  })
})
