import { describe, expect, it, jest } from '@jest/globals'
import fc from 'fast-check'
import type { Change, JsonObject, JsonValue } from '@hooklane/contracts/public'
import { diffStates, leafPaths, MAX_PATH_BYTES } from './diff-states.js'
import { isJsonObject, jsonEquals } from './json-objects.js'
import { MAX_POINTER_LENGTH, pointerSegments } from './json-pointer.js'

const NOTHING: ReadonlySet<string> = new Set()
const diff = (before: JsonObject, after: JsonObject, ignored = NOTHING) => diffStates(before, after, ignored)

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, 0, 1, '', 'a', 'b'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', '__proto__', 'toString', '0', '10', 'a/b', '~1', ''),
    tie('value'),
    {
      maxKeys: 4,
    },
  ),
})).value
const object = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor', 'A/b~'), value, { maxKeys: 5 })

/** Applies changes by their documented meaning, without any of the product's code but the pointer's. */
function apply(state: JsonValue, changes: readonly Change[]): JsonValue {
  return changes.reduce((now, change) => applyOne(now, pointerSegments(change.path), change), state)
}

function applyOne(state: JsonValue, [name, ...rest]: readonly string[], change: Change): JsonValue {
  if (name === undefined) throw new Error('a change of nothing')
  if (!isJsonObject(state)) throw new Error(`no object at ${change.path}`)
  const members = new Map(Object.entries(state))
  if (rest.length > 0) members.set(name, applyOne(members.get(name) ?? null, rest, change))
  else {
    expect(members.has(name)).toBe(change.op !== 'add')
    if (change.op !== 'add') expect(members.get(name)).toStrictEqual(change.before)
    if (change.op === 'remove') members.delete(name)
    else members.set(name, change.after ?? null)
  }
  return Object.fromEntries(members)
}

describe('the changes between two states', () => {
  it('applied to the first yield the second, and there are none between equal ones', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const changes = diff(before, after)
        expect(jsonEquals(apply(before, changes), after)).toBe(true)
        expect(changes.length === 0).toBe(jsonEquals(before, after))
      }),
      { numRuns: 1000 },
    )
  })

  it('go into objects and take arrays and values of another kind as a whole', () => {
    const before = {
      id: 1,
      name: { de: 'Lampe', en: 'Lamp' },
      tags: ['a', 'b'],
      extra: null,
      old: 1,
      same: { a: [{}] },
    }
    const after = {
      id: 1,
      name: { de: 'Tischlampe', fr: 'Lampe' },
      tags: ['a'],
      extra: {},
      fresh: 2,
      same: { a: [{}] },
    }
    expect(diff(before, after)).toEqual([
      { op: 'replace', path: '/name/de', before: 'Lampe', after: 'Tischlampe' },
      { op: 'remove', path: '/name/en', before: 'Lamp' },
      { op: 'add', path: '/name/fr', after: 'Lampe' },
      { op: 'replace', path: '/tags', before: ['a', 'b'], after: ['a'] },
      { op: 'replace', path: '/extra', before: null, after: {} },
      { op: 'remove', path: '/old', before: 1 },
      { op: 'add', path: '/fresh', after: 2 },
    ])
  })

  it('escape names in their paths', () => {
    expect(diff({ 'a/b': { '~': 1 } }, { 'a/b': { '~': 2 } })[0]?.path).toBe('/a~1b/~0')
  })

  it('leave ignored columns out, not members of the same name inside', () => {
    const changes = diff({ x: 1, a: { x: 1 } }, { x: 2, a: { x: 2 } }, new Set(['x']))
    expect(changes.map((change) => change.path)).toEqual(['/a/x'])
  })

  it('an object whose member has a name too long for a path is reported as a whole', () => {
    const name = 'n'.repeat(MAX_POINTER_LENGTH)
    const [before, after] = [{ a: { b: { [name]: 1, c: 1 } } }, { a: { b: { [name]: 2, c: 1 } } }]
    expect(diff(before, after)).toEqual([{ op: 'replace', path: '/a/b', before: before.a.b, after: after.a.b }])
    expect(leafPaths(after, [])).toEqual(['/a/b'])
  })

  it('columns with more changed paths than an event can hold are reported as a whole, the others are not', () => {
    const large = (by: number) => Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`key${at}`, at + by]))
    const changes = diff({ large: large(0), small: { a: 1 } }, { large: large(1), small: { a: 2 } })
    expect(changes.map((change) => change.path)).toEqual(['/large', '/small/a'])
    expect(changes[0]).toEqual({ op: 'replace', path: '/large', before: large(0), after: large(1) })
    expect(leafPaths({ large: large(0), small: { a: 1 } }, [])).toEqual(['/large', '/small/a'])
    expect(Buffer.byteLength(JSON.stringify(changes.map((change) => change.path)))).toBeLessThan(MAX_PATH_BYTES)
  })

  it('are not collected any further once their paths are more than an event may hold', () => {
    // A long name is part of the path of every member below it: all of them together would take 4 GB.
    const below = (value: number) => ({
      column: { ['n'.repeat(4000)]: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, value])) },
    })
    const weighed = jest.spyOn(Buffer, 'byteLength')
    try {
      expect(diff(below(1), below(2)).map((change) => change.path)).toEqual(['/column'])
      expect(leafPaths(below(1), [])).toEqual(['/column'])
      expect(weighed.mock.calls.length).toBeLessThan(100)
    } finally {
      weighed.mockRestore()
    }
  })
})

describe('the paths of a creation', () => {
  it('are the leaves without the columns of the id', () => {
    const data = { tenant: 1, id: 2, name: { de: 'a', en: {} }, tags: [{ a: 1 }], none: null }
    expect(leafPaths(data, ['tenant', 'id'])).toEqual(['/name/de', '/name/en', '/tags', '/none'])
  })
})
