import type { SubscriptionConfiguration } from '@hooklane/contracts/records'

/** Nothing is stored, because every field has only one possible value so far. */
export const payloadConfiguration = (): Pick<SubscriptionConfiguration, 'payload'> => ({
  payload: { type: 'json', mode: 'full', version: '1' },
})
