import { describe, expect, it } from '@jest/globals'
import { isServed } from './matches-pattern.js'

describe('isServed', () => {
  it.each([
    ['shared-webhook', ['*'], true],
    ['shared-webhook', ['shared-webhook'], true],
    ['shared-webhook', ['shared-*'], true],
    ['dedicated-app-1', ['shared-*', 'dedicated-*'], true],
    ['dedicated-app-1', ['shared-*'], false],
    ['shared-web', ['shared-webhook'], false],
    ['shared-a-shop', ['shared-*-shop'], true],
    ['shared-shop', ['shared-*-shop'], false],
    ['ab', ['a*b*b'], false],
  ])('%s under %j: %s', (group, patterns, served) => {
    expect(isServed(group, patterns)).toBe(served)
  })
})
