import { describe, expect, it } from '@jest/globals'
import { kafkajs } from './kafkajs.js'

describe('the mended Kafka client', () => {
  it('loads only when its self-check passes', () => {
    expect(kafkajs.Kafka).toBeDefined()
  })
})
