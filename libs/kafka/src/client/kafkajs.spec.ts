import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import { kafkajs } from './kafkajs.js'

const require = createRequire(import.meta.url)
type Part = new () => { fetchManager: { start: () => unknown } }

describe('the patched Kafka client', () => {
  it('loads only when its self-check passes', () => {
    expect(kafkajs.Kafka).toBeDefined()
  })

  const check = require('../../client-fixes/self-check.cjs') as (parts: object) => void
  const decoder = require('../../client-fixes/decode-record-batch.cjs') as object
  const Runner = require('kafkajs/src/consumer/runner') as Part
  const parts = {
    Batch: require('kafkajs/src/consumer/batch') as Part,
    RequestQueue: require('kafkajs/src/network/requestQueue') as Part,
    Runner,
    replaced: [[decoder, decoder]],
  }

  it('is refused when a module of kafkajs that must be replaced is still the original', () => {
    expect(() => check({ ...parts, replaced: [[{}, decoder]] })).toThrow('is the original one')
  })

  it('is refused when its consumers would not look for brokers again', () => {
    class Unpatched extends Runner {
      scheduleFetchManager(): void {
        void this.fetchManager.start()
      }
    }
    expect(() => check(parts)).not.toThrow()
    expect(() => check({ ...parts, Runner: Unpatched })).toThrow('would leave its group')
  })
})
