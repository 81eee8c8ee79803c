import { createSealer } from '@hooklane/core/secrets'
import { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { EXAMPLES } from '../../../apps/subscription-service/src/documentation/examples.js'
import {
  PatchSubscription,
  WriteSubscription,
} from '../../../apps/subscription-service/src/subscriptions/subscription.form.js'
import {
  changeSubscription,
  newSubscription,
  subscriptionConfiguration,
} from '../../../apps/subscription-service/src/subscriptions/subscription.stored.js'
import { subscriptionView } from '../../../apps/subscription-service/src/subscriptions/subscription.view.js'
import { parseAllowTargets } from '@hooklane/webhook-http'
import { describeFields } from './describe-fields.js'

const context = {
  rules: {
    sealer: createSealer([Buffer.alloc(32, 7)]),
    allowTargets: parseAllowTargets(''),
    headerPrefix: 'Pim-',
  },
  now: new Date('2026-03-02T08:15:04.120Z'),
}

describeFields({
  name: 'a subscription',
  write: WriteSubscription,
  patch: PatchSubscription,
  entity: SubscriptionEntity,
  table: 'subscription',
  shortest: { appId: 'app_42', target: { url: 'https://shop.example.com/hooks' }, events: ['*'] },
  first: {
    appId: 'app_7',
    name: 'Products',
    enabled: false,
    externalId: 'products-de',
    target: {
      url: 'https://shop.example.com/products',
      headers: [{ name: 'X-Shop', value: 'de', secret: false }],
    },
    events: ['products.*'],
    workflow: { name: 'Into the shop' },
    delivery: {
      success: '200',
      timeout: 'PT5S',
      retry: { attempts: 3, interval: 'PT1M', jitter: 0.1, on: 'transient' },
      onRejected: 'drop',
      onUnreachable: 'deadLetter',
    },
  },
  second: {
    name: 'Brands',
    enabled: true,
    externalId: 'brands-de',
    target: {
      url: 'https://shop.example.com/brands',
      headers: [{ name: 'X-Shop', value: 'dk', secret: false }],
    },
    events: ['brands.updated'],
    workflow: { name: 'Into the other shop' },
    delivery: {
      success: [200, 204],
      timeout: 'PT6S',
      retry: {
        attempts: 4,
        interval: 'PT2M',
        backoff: { first: 'PT1S', factor: 3, max: 'PT1H' },
        jitter: 0.2,
        on: 'any',
      },
      onRejected: 'block',
      onUnreachable: 'drop',
    },
  },
  notShown: ['payload.include', 'payload.exclude', 'payload.deleted', 'payload.maxBytes', 'payload.overflow'],
  notOfTheDeliveryPath: [],
  example: EXAMPLES.SubscriptionView,
  make: (written) => newSubscription('cmp_7', written, context),
  change: (row, written) => changeSubscription(row, written, context),
  view: (row) => subscriptionView(row, false),
  configuration: (row) => subscriptionConfiguration(row, []),
})
