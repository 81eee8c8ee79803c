import { describe, expect, it } from '@jest/globals'
import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { AddresseeTexts } from './addressee-text.js'

const subscription = { id: 'sub_1', workflow: { id: 'wf_1', name: 'Products' } } as SubscriptionConfiguration
const parts = {
  subscription,
  app: { id: 'app_1', type: 'shopware', name: 'Nordlys DE' },
  company: { id: 'cmp_7', name: 'Nordlys' },
  reason: 'event',
  worker: 'shared',
} as const

describe('addresses of deliveries', () => {
  it('are rendered once for all deliveries of a subscription', () => {
    const addresses = new AddresseeTexts()
    const first = addresses.of(parts)
    expect(addresses.of({ ...parts, company: { ...parts.company } })).toBe(first)
    expect(first.workflow).toContain('"subscriptionId":"sub_1","reason":"event","worker":"shared"')
  })

  it.each([
    ['the subscription', { subscription: { ...subscription, workflow: { id: 'wf_1', name: 'Prices' } } }, '"Prices"'],
    ['the app', { app: { ...parts.app, name: 'Nordlys AT' } }, '"Nordlys AT"'],
    ['the company’s name', { company: { id: 'cmp_7', name: null } }, '"name":null'],
    ['the company', { company: { id: 'cmp_8', name: 'Nordlys' } }, '"cmp_8"'],
    ['the reason', { reason: 'replay' }, '"replay"'],
    ['the worker', { worker: 'dedicated' }, '"dedicated"'],
  ] as const)('are rendered again when %s changes', (_, change, text) => {
    const addresses = new AddresseeTexts()
    addresses.of(parts)
    const { recipient, workflow } = addresses.of({ ...parts, ...change })
    expect(recipient + workflow).toContain(text)
  })
})
