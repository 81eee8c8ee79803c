import { describe, expect, it } from '@jest/globals'
import { INSTANTS, NO_INSTANTS } from './instants.fixture.js'
import { isInstant } from './instants.js'

describe('an instant of a query', () => {
  it.each(INSTANTS)('%s is one', (text) => {
    expect(isInstant(text)).toBe(true)
  })

  it.each(NO_INSTANTS)('"%s" is none', (text) => {
    expect(isInstant(text)).toBe(false)
  })
})
