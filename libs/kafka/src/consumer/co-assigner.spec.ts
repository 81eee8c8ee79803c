import { describe, expect, it } from '@jest/globals'
import { coAssign } from './co-assigner.js'

const members = (...ids: string[]) => ids.map((memberId) => ({ memberId }))
const counts = (lead: number, other: number) =>
  new Map([
    ['lead', [...Array(lead).keys()]],
    ['other', [...Array(other).keys()]],
  ])

describe('co-assignment', () => {
  it('gives each member its share of the lead topic and the matching partitions of the other topics', () => {
    const shares = coAssign('lead', counts(3, 6), members('b', 'a'))
    expect(shares.get('a')).toEqual({ lead: [0, 2], other: [0, 2, 3, 5] })
    expect(shares.get('b')).toEqual({ lead: [1], other: [1, 4] })
  })

  it('every partition has exactly one owner, whatever the numbers', () => {
    for (const lead of [1, 3, 6, 24]) {
      for (const size of [1, 2, 5, 30]) {
        const ids = Array.from({ length: size }, (_, n) => `m${n}`)
        const shares = coAssign('lead', counts(lead, lead * 8), members(...ids))
        expect([...shares.keys()].sort()).toEqual([...ids].sort())
        for (const [topic, count] of [
          ['lead', lead],
          ['other', lead * 8],
        ] as const) {
          const owned = [...shares.values()].flatMap((share) => share[topic] ?? [])
          expect(owned.sort((a, b) => a - b)).toEqual([...Array(count).keys()])
        }
      }
    }
  })
})
