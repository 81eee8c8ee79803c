import { describe, expect, it } from '@jest/globals'
import { message, name, NULL, relation, row, text, uint32, uint64, uint8, UNCHANGED } from './pgoutput-bytes.fixture.js'
import { PgoutputDecoder } from './pgoutput-decoder.js'

describe('pgoutput decoder', () => {
  it('reads transaction ids above 2^31 and times to the millisecond', () => {
    const microseconds = BigInt(Date.parse('2026-03-02T08:15:04.190Z') - Date.parse('2000-01-01T00:00:00Z')) * 1000n
    const begin = message('B', uint64(0x1_0000_0010n), uint64(microseconds + 999n), uint32(4_000_000_000))
    expect(new PgoutputDecoder().decode(begin)).toEqual({
      tag: 'begin',
      commitLsn: 0x1_0000_0010n,
      committedAtMs: Date.parse('2026-03-02T08:15:04.190Z'),
      xid: '4000000000',
    })
  })

  it('keeps every value as it was printed', () => {
    const decoder = new PgoutputDecoder()
    decoder.decode(relation(1, 'f', 'id', '__proto__', '7'))
    const insert = decoder.decode(message('I', uint32(1), Buffer.from('N'), row(text('\uFEFF1.10'), text('x'), NULL)))
    expect(insert).toMatchObject({ tag: 'insert' })
    if (insert.tag !== 'insert') throw new Error()
    expect([...insert.after]).toEqual([
      ['id', '\uFEFF1.10'],
      ['__proto__', 'x'],
      ['7', null],
    ])
  })

  it('fills in an untouched value from the old row', () => {
    const decoder = new PgoutputDecoder()
    decoder.decode(relation(1, 'f', 'id', 'long'))
    const old = row(text('1'), text('kept'))
    const update = decoder.decode(
      message('U', uint32(1), Buffer.from('O'), old, Buffer.from('N'), row(text('1'), UNCHANGED)),
    )
    if (update.tag !== 'update') throw new Error()
    expect(update.after.get('long')).toBe('kept')
    expect(update.before?.get('long')).toBe('kept')
  })

  it('leaves an untouched value out when there is no old row, and does not take a key for a row', () => {
    const decoder = new PgoutputDecoder()
    decoder.decode(relation(1, 'd', 'id', 'long'))
    const update = decoder.decode(
      message('U', uint32(1), Buffer.from('K'), row(text('1'), NULL), Buffer.from('N'), row(text('2'), UNCHANGED)),
    )
    if (update.tag !== 'update') throw new Error()
    expect(update.before).toBeNull()
    expect(update.after.has('long')).toBe(false)
    expect(decoder.decode(message('D', uint32(1), Buffer.from('K'), row(text('2'), NULL)))).toMatchObject({
      before: null,
    })
  })

  it('reads rows by the latest description of their table', () => {
    const decoder = new PgoutputDecoder()
    decoder.decode(relation(1, 'f', 'id'))
    decoder.decode(relation(1, 'f', 'id', 'added'))
    const insert = decoder.decode(message('I', uint32(1), Buffer.from('N'), row(text('1'), text('2'))))
    if (insert.tag !== 'insert') throw new Error()
    expect([...insert.after.keys()]).toEqual(['id', 'added'])
  })

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['an unknown message', Buffer.from('?')],
    ['a row of an unknown table', message('I', uint32(9), Buffer.from('N'), row())],
    ['a value longer than the message', message('M', uint8(1), uint64(0n), name('p'), uint32(100), Buffer.from('x'))],
    ['a name without an end', message('R', uint32(1), Buffer.from('public'))],
  ])('refuses %s', (_what, bytes) => {
    expect(() => new PgoutputDecoder().decode(bytes)).toThrow()
  })

  it('reads the names of types, which are all that the log holds of a type', () => {
    const decoder = new PgoutputDecoder()
    const type = (schema: string, typeName: string) => message('Y', uint32(16_500), name(schema), name(typeName))
    expect(decoder.decode(type('shop', '_season'))).toEqual({
      tag: 'type',
      typeOid: 16_500,
      schema: 'shop',
      name: '_season',
    })
    expect(decoder.decode(type('', 'bool'))).toMatchObject({ schema: 'pg_catalog', name: 'bool' })
  })

  it('reports a table of a known oid under its own name, whatever it is called in the log', () => {
    const decoder = new PgoutputDecoder(new Map([[1, { schema: 'shop', table: 'item' }]]))
    decoder.decode(relation(1, 'f', 'id'))
    decoder.decode(relation(2, 'f', 'id'))
    const inserted = (oid: number) => decoder.decode(message('I', uint32(oid), Buffer.from('N'), row(text('a'))))
    expect(inserted(1)).toMatchObject({ relation: { schema: 'shop', table: 'item' } })
    expect(inserted(2)).toMatchObject({ relation: { schema: 'public' } })
  })
})
