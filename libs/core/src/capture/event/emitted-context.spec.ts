import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { MAX_CONTEXT_BYTES, mergeContext, NO_CONTEXT } from './emitted-context.js'

const mergeText = (text: string | null, known = NO_CONTEXT, prefix = 'hooklane') =>
  mergeContext(known, { prefix, byteLength: Buffer.byteLength(text ?? ''), readText: () => text })

const merge = (content: unknown, known = NO_CONTEXT, prefix = 'hooklane') =>
  mergeText(typeof content === 'string' ? content : JSON.stringify(content), known, prefix)

describe('emitted context', () => {
  it('says who and what caused the changes', () => {
    const { context, faults } = merge({
      actor: { type: 'user', id: 'usr_5', name: 'M. Holm' },
      source: { kind: 'import', id: 'imp_77', app: null, hops: 0 },
      correlationId: 'imp_77',
      causationId: 'evt_1',
      batch: { id: 'imp_77', kind: 'import' },
      other: 'ignored',
    })
    expect(faults).toEqual([])
    expect(context).toEqual({
      actor: { type: 'user', id: 'usr_5', name: 'M. Holm' },
      source: { kind: 'import', id: 'imp_77', app: null, hops: 0 },
      correlationId: 'imp_77',
      causationId: 'evt_1',
      batch: { id: 'imp_77', kind: 'import' },
    })
  })

  it('a change by an app is one hop away unless it says otherwise', () => {
    expect(merge({ source: { app: 'app_8' } }).context.source).toEqual({ kind: null, id: null, app: 'app_8', hops: 1 })
    expect(merge({ source: { app: 'app_8', hops: 3 } }).context.source?.hops).toBe(3)
    expect(merge({ source: { kind: 'ui' } }).context.source?.hops).toBe(0)
  })

  it('numbers may stand for ids', () => {
    expect(merge({ actor: { id: 5 }, batch: { id: 7 } }).context).toMatchObject({
      actor: { id: '5' },
      batch: { id: '7', kind: null },
    })
  })

  it('of several messages the later wins, member by member', () => {
    const first = merge({ actor: { id: 'a' }, correlationId: 'c1' }).context
    expect(merge({ correlationId: 'c2' }, first).context).toMatchObject({ actor: { id: 'a' }, correlationId: 'c2' })
  })

  it('messages under another prefix are ignored', () => {
    expect(merge('not json', NO_CONTEXT, 'other')).toEqual({ context: NO_CONTEXT, faults: [] })
  })

  it.each([
    ['{broken', 'contextInvalidJson'],
    ['', 'contextInvalidJson'],
    ['[1]', 'contextNotObject'],
    ['null', 'contextNotObject'],
    ['x'.repeat(MAX_CONTEXT_BYTES + 1), 'contextTooLarge'],
    ['{"actor":"me"}', 'contextInvalidMember'],
    ['{"actor":{"id":{}}}', 'contextInvalidMember'],
    ['{"source":{"hops":-1}}', 'contextInvalidMember'],
    ['{"batch":{"kind":"import"}}', 'contextInvalidMember'],
  ])('%.30s is ignored and reported', (content, fault) => {
    expect(merge(content).faults).toEqual([fault])
  })

  it('a member that cannot be used leaves the others', () => {
    expect(merge({ correlationId: 'c', batch: 1 })).toMatchObject({
      context: { correlationId: 'c', batch: null },
      faults: ['contextInvalidMember'],
    })
  })

  it('what is not text is ignored and reported', () => {
    expect(mergeText(null)).toEqual({ context: NO_CONTEXT, faults: ['contextNotText'] })
  })

  it('a message that is too large is not even decoded', () => {
    const readText = () => {
      throw new Error('decoded')
    }
    expect(mergeContext(NO_CONTEXT, { prefix: 'hooklane', byteLength: 1e9, readText }).faults).toEqual([
      'contextTooLarge',
    ])
  })

  it('any text at all is read without a throw', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void mergeText(text)))
    fc.assert(fc.property(fc.json(), (content) => void merge(content)))
  })
})
