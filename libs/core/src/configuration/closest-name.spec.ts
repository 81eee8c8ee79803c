import { describe, expect, it } from '@jest/globals'
import { closestName } from './closest-name.js'

describe('the closest name', () => {
  it.each([
    ['prodct', ['brand', 'product'], 'product'],
    ['SKU', ['id', 'sku'], 'sku'],
    ['x', ['y'], 'y'],
    ['price', ['id', 'sku'], null],
    ['product', [], null],
  ])('to %j among %j is %j', (name, known, meant) => {
    expect(closestName(name, known)).toBe(meant)
  })
})
