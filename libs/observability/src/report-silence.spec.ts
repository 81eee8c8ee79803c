import { describe, expect, it } from '@jest/globals'
import { Readiness } from './readiness.js'
import { reportSilence } from './report-silence.js'

describe('the silence of a server', () => {
  it('makes its part not ready above the limit, and ready again with the next answer', () => {
    const readiness = new Readiness()
    const partAfter = (silentMs: number | null) => {
      reportSilence(readiness, 'kafka', { who: 'Kafka', silentMs, limitMs: 10_000 })
      return readiness.report().parts.kafka
    }
    expect(partAfter(null)).toBeUndefined()
    expect(partAfter(9_000)).toEqual({ ready: true })
    expect(partAfter(61_000)).toEqual({ ready: false, detail: 'Kafka has not answered for 61 s' })
    expect(partAfter(3)).toEqual({ ready: true })
  })
})
