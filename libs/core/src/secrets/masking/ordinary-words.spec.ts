import { describe, expect, it } from '@jest/globals'
import { isOrdinary } from './ordinary-words.js'

describe('ordinary words', () => {
  it.each([
    'product-updates',
    'order-status',
    'access',
    'process',
    'deliveries',
    'categories',
    'webhooksV2',
    'v1',
    'eu-42',
    'OrderCreated',
  ])('%s is made of them', (text) => {
    expect(isOrdinary(text)).toBe(true)
  })

  it.each(['mysecretword', 'T024BE7LD', 'order-7f3a9c', 'product/updates', 'müller', '', '12345'])(
    '%s is not',
    (text) => {
      expect(isOrdinary(text)).toBe(false)
    },
  )
})
