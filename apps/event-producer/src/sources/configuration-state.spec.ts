import { describe, expect, it } from '@jest/globals'
import { ConfigurationState } from './configuration-state.js'

const live = (version: bigint) => ({ version, isDeleted: false })
const deleted = (version: bigint) => ({ version, isDeleted: true })

describe('what was published of the configuration', () => {
  it.each([
    ['a higher version', live(1n), live(2n), true],
    ['the same version', live(2n), live(2n), false],
    ['an older version', live(3n), live(2n), false],
    ['the deletion of the same version', live(2n), deleted(2n), true],
    ['the same deletion', deleted(2n), deleted(2n), false],
    ['a row of the version that was deleted', deleted(2n), live(2n), false],
    ['a row made again after its deletion', deleted(2n), live(3n), true],
    ['the deletion of an older version', live(3n), deleted(2n), false],
  ])('is changed by %s: %p then %p: %p', (_what, first, second, isNews) => {
    const state = new ConfigurationState()
    state.adopt('k', first)
    expect(state.adopt('k', second)).toBe(isNews)
  })

  it('lists what is not deleted', () => {
    const state = new ConfigurationState()
    state.adopt('a', live(1n))
    state.adopt('b', live(2n))
    state.adopt('a', deleted(1n))
    expect([...state.live()]).toEqual([['b', 2n]])
  })
})
