import { DEFAULT_DELIVERY_POLICY } from '@hooklane/contracts/records'

/** One example per schema, by name. All examples tell one story: a shop that receives changes of products. */

const { timeout, retry } = DEFAULT_DELIVERY_POLICY
const CREATED_AT = '2026-03-02T08:15:04.120Z'

const COMPANY = { id: 'cmp_7', name: 'Nordlys Living A/S', createdAt: CREATED_AT, updatedAt: CREATED_AT }

const APP = {
  id: 'app_42',
  companyId: 'cmp_7',
  externalId: 'shop-de',
  name: 'Nordlys DE',
  type: 'shopware',
  worker: { mode: 'shared' },
  workerGroup: 'shared-webhook',
  rateLimit: null,
  enabled: true,
  epoch: 1,
  notifications: { emails: [], url: null },
  createdAt: CREATED_AT,
  updatedAt: CREATED_AT,
}

const API_KEY = {
  id: '01JZ8Q4T6W2K5V9M',
  companyId: 'cmp_7',
  appId: 'app_42',
  name: 'Shop plugin',
  role: 'viewer',
  createdAt: CREATED_AT,
  revokedAt: null,
}

const SUBSCRIPTION = {
  id: 'sub_31',
  companyId: 'cmp_7',
  appId: 'app_42',
  name: 'Products to Shopware DE',
  preset: null,
  enabled: true,
  status: 'active',
  disabled: null,
  target: {
    url: 'https://shop.example.com/hooks',
    method: 'POST',
    headers: [{ name: 'X-Api-Key', secret: true }],
    query: [],
    auth: { type: 'none' },
  },
  events: ['products.*', 'brands.updated'],
  filter: null,
  scope: { channelIds: [] },
  workflow: { id: 'wf_9', name: 'Products to Shopware DE', trigger: null, stop: null },
  echo: 'deliver',
  coalesce: false,
  externalId: null,
  payload: { type: 'json', mode: 'full', version: '1', fields: [], static: {}, missing: 'omit', template: null },
  delivery: { ...DEFAULT_DELIVERY_POLICY, autoDisable: null, whileDisabled: null },
  notificationPeriod: null,
  notifications: { emails: [] },
  createdAt: CREATED_AT,
  updatedAt: CREATED_AT,
}

const SAVED_SUBSCRIPTION = { ...SUBSCRIPTION, warnings: [] }
const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazTT4QASOdk='

const DELIVERY = {
  id: 'msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C',
  sequence: 1041,
  companyId: 'cmp_7',
  appId: 'app_42',
  subscriptionId: 'sub_31',
  workerGroup: 'shared-webhook',
  eventId: 'evt_01JZ8Q4T6W0000000000000000',
  eventType: 'products.updated',
  entity: { type: 'product', id: 'prd_9001', key: 'LAMP-01', url: null },
  position: '00000001.0000000000000042.0',
  mode: 'live',
  routedAt: '2026-03-02T08:20:11.004Z',
  status: 'delivered',
  reason: null,
  attempts: 2,
  firstAttemptAt: '2026-03-02T08:20:11.031Z',
  lastAttemptAt: '2026-03-02T08:26:11.040Z',
  nextAttemptAt: null,
  settledAt: '2026-03-02T08:26:11.102Z',
  lastStatus: 200,
  lastError: null,
}

const ATTEMPT = {
  attemptId: 'att_01JZ8Q4T7A',
  sequence: 1041,
  attempt: 1,
  startedAt: '2026-03-02T08:20:11.031Z',
  durationMs: 61.5,
  request: {
    method: 'POST',
    url: 'https://shop.example.com/hooks',
    headers: { 'webhook-id': 'msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C', 'x-api-key': '***' },
    bytes: 1840,
    digest: 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:',
  },
  response: { status: 503, headers: { 'content-type': 'text/plain' }, body: 'maintenance' },
  error: { code: 'http_503', message: 'the receiver answered with status 503' },
  decision: 'retry',
  nextAttemptAt: '2026-03-02T08:26:11.031Z',
  status: 'retrying',
  ownerEpoch: '17',
}

export const EXAMPLES: Readonly<Record<string, unknown>> = {
  PutCompany: { name: 'Nordlys Living A/S' },
  CompanyView: COMPANY,
  CreateApiKey: { name: 'Shop plugin', appId: 'app_42' },
  ApiKeyView: API_KEY,
  CreatedApiKeyView: {
    ...API_KEY,
    key: 'hka_01JZ8Q4T6W2K5V9M_c2hvd24gb25jZSwgdGhpcyBpcyBhbiBleGFtcGxlLi4_5f0c1d2e',
  },
  WriteApp: { name: 'Nordlys DE', type: 'shopware', externalId: 'shop-de' },
  PatchApp: { enabled: false },
  AppView: APP,
  WriteSubscription: {
    appId: 'app_42',
    name: 'Products to Shopware DE',
    target: {
      url: 'https://shop.example.com/hooks',
      headers: [{ name: 'X-Api-Key', value: 'kept by the shop', secret: true }],
    },
    events: ['products.*', 'brands.updated'],
    delivery: { timeout, retry: { attempts: retry.attempts, interval: retry.interval } },
  },
  PatchSubscription: { delivery: { retry: { backoff: { first: 'PT1S', factor: 2, max: 'PT1H' } } } },
  SubscriptionView: SUBSCRIPTION,
  SavedSubscriptionView: SAVED_SUBSCRIPTION,
  CreatedSubscriptionView: { ...SAVED_SUBSCRIPTION, secret: SECRET },
  RotatedSecretView: { secret: SECRET, previousValidUntil: '2026-03-03T08:15:04.120Z' },
  EventTypeView: {
    name: 'products.updated',
    resource: 'products',
    action: 'updated',
    title: 'Product updated',
    source: 'pim',
    isBuiltIn: false,
    dataSchema: null,
  },
  DeliveryView: DELIVERY,
  DeliveryWithEarlierView: { ...DELIVERY, earlier: [] },
  AttemptView: ATTEMPT,
  PutWorkerGroup: { partitions: 6, slots: 2 },
  WorkerGroupView: {
    name: 'shared-webhook',
    partitions: 1,
    slots: 2,
    readyAt: CREATED_AT,
    endedAt: null,
    isServed: true,
    apps: 12,
    backlog: 3,
    backlogReason: null,
    lanes: { parked: 1, flow: 0 },
    oldestAgeSeconds: 41.7,
    owners: [
      {
        partition: 0,
        instance: 'dispatcher-1',
        epoch: '17',
        leaseUntil: '2026-03-02T08:20:41.000+00:00',
        savedAt: '2026-03-02T08:20:10.500+00:00',
      },
    ],
  },
}

/** Example values of the path parameters `{id}`, `{name}` and `{type}`. */
export const PATH_EXAMPLES: readonly string[] = ['app_42', 'sub_31', 'shared-shopware', 'products.updated']
