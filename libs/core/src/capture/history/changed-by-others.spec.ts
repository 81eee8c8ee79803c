import { describe, expect, it } from '@jest/globals'
import type { PublicationFacts, PublicationMember } from './catalogue.js'
import { isChangedByOthers } from './changed-by-others.js'

const ITEM = 16_400
const tables = new Map([['public.item', ITEM]])
/** 2^32 + 900: rows show 900. */
const OURS = '4294968196'

const whole = (version: string): PublicationMember => ({ version, isNarrowed: false })
const narrowed = (version: string): PublicationMember => ({ version, isNarrowed: true })
const publication = (version: string, member: PublicationMember | null, isOfAllTables = false): PublicationFacts => ({
  name: 'p',
  version,
  isOfAllTables,
  publishesAll: true,
  viaRoot: true,
  publishesGenerated: true,
  members: new Map(member ? [[ITEM, member]] : []),
})

describe('a publication that we change', () => {
  it.each([
    ['stands as it was judged', publication('1/700', whole('2/700')), publication('1/700', whole('2/700'))],
    ['gets a table that it did not name', publication('1/700', null), publication('1/700', whole('3/900'))],
    ['gets a table whole', publication('1/700', narrowed('2/700')), publication('1/700', whole('3/900'))],
    ['is made', null, publication('9/900', whole('3/900'))],
    ['is of all tables', publication('1/700', null, true), publication('1/700', null, true)],
  ])('is no one else’s doing when it %s', (_title, judged, found) => {
    expect(isChangedByOthers(judged, found, { tables, xid: OURS })).toBe(false)
  })

  it.each([
    ['the table was taken out, so that we put it in', publication('1/700', whole('2/700')), whole('3/900'), '1/700'],
    ['the table was taken out and put back', publication('1/700', whole('2/700')), whole('3/800'), '1/700'],
    ['the table was put in', publication('1/700', null), whole('3/800'), '1/700'],
    ['its options were switched off and on', publication('1/700', whole('2/700')), whole('2/700'), '1/800'],
    ['it was dropped, so that we made it', publication('1/700', whole('2/700')), whole('3/900'), '9/900'],
    ['somebody else made it', null, whole('3/800'), '9/800'],
  ])('was changed by others when %s', (_title, judged, member, version) => {
    expect(isChangedByOthers(judged, publication(version, member), { tables, xid: OURS })).toBe(true)
  })

  it('was changed by others when it differs and we did nothing', () => {
    const judged = publication('1/700', whole('2/700'))
    expect(isChangedByOthers(judged, judged, { tables, xid: null })).toBe(false)
    expect(isChangedByOthers(judged, publication('1/700', whole('3/900')), { tables, xid: null })).toBe(true)
    expect(isChangedByOthers(publication('1/700', null), judged, { tables, xid: null })).toBe(true)
  })
})
