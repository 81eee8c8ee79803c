import type { SubscriptionConfiguration } from '@hooklane/contracts/records'

/** Nothing is stored: of every field there is only one value yet. */
export const payloadConfiguration = (): Pick<SubscriptionConfiguration, 'payload'> => ({
  payload: { type: 'json', mode: 'full', version: '1' },
})
