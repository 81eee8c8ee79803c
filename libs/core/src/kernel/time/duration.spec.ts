import { describe, expect, it } from '@jest/globals'
import { parseDuration } from './duration.js'

describe('durations', () => {
  it.each([
    ['PT15S', 15_000],
    ['PT6M', 360_000],
    ['PT1.5S', 1_500],
    ['P1DT2H3M4.005S', 93_784_005],
    ['PT0S', 0],
    ['P3D', 259_200_000],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', 'P', 'PT', 'P1DT', '15S', 'PT15', 'P1M', 'P1Y', 'P1W', 'PT-1S', 'pt1s', 'PT1S ', 'PT1.S', 'PT1e3S'])(
    '%j is no duration',
    (text) => expect(parseDuration(text)).toBeNull(),
  )
})
