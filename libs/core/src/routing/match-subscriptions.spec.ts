import { describe, expect, it } from '@jest/globals'
import { eventTypeMatches, matchSubscriptions } from './match-subscriptions.js'
import { app, event, subscription, viewOf } from './routing-view.fixture.js'

describe('matching', () => {
  it.each([
    ['*', 'products.updated', true],
    ['products.*', 'products.updated', true],
    ['products.*', 'products.stock.changed', true],
    ['products.*', 'productsX.updated', false],
    ['products.updated', 'products.updated', true],
    ['products.updated', 'products.updatedAll', false],
    ['products', 'products.updated', false],
  ])('%s names %s: %s', (pattern, type, expected) => {
    expect(eventTypeMatches(pattern, type)).toBe(expected)
  })

  it('finds enabled subscriptions of enabled apps of the company, in the order of their ids', () => {
    const view = viewOf(
      [app('app_a'), app('app_off', { enabled: false }), app('app_foreign', { companyId: 'cmp_2' })],
      [
        subscription('sub_9', 'app_a'),
        subscription('sub_10', 'app_a'),
        subscription('sub_2', 'app_a', { enabled: false }),
        subscription('sub_3', 'app_off'),
        subscription('sub_4', 'app_foreign'),
        subscription('sub_5', 'app_missing'),
        subscription('sub_6', 'app_a', { events: ['brands.*'] }),
        subscription('sub_7', 'app_a', { companyId: 'cmp_2' }),
      ],
    )
    expect(matchSubscriptions(event(1), view).map((match) => match.subscription.id)).toEqual(['sub_10', 'sub_9'])
  })

  it('an addressed event is for its subscription alone, if that one would have got it', () => {
    const view = viewOf(
      [app('app_a')],
      [
        subscription('sub_1', 'app_a'),
        subscription('sub_2', 'app_a'),
        subscription('sub_3', 'app_a', { companyId: 'cmp_2' }),
      ],
    )
    const idsFor = (subscriptionId: string) =>
      matchSubscriptions(event(1, { subscriptionId }), view).map((match) => match.subscription.id)
    expect(idsFor('sub_2')).toEqual(['sub_2'])
    expect(idsFor('sub_3')).toEqual([])
    expect(idsFor('sub_unknown')).toEqual([])
  })
})
