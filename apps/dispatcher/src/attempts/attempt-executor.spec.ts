import { describe, expect, it } from '@jest/globals'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import { createSealer, sealingScope } from '@hooklane/core/secrets'
import {
  JsonPayloadRenderer,
  type SendingTerms,
  type SendOutcome,
  type WebhookRequest,
  type WebhookSender,
} from '@hooklane/core/delivery'
import type { RecordRef } from '@hooklane/core/lane'
import { deliveryValue } from '@hooklane/core/routing'
import { createRegistry } from '@hooklane/observability'
import { dispatcherMetrics } from '../metrics.js'
import { AttemptExecutor } from './attempt-executor.js'
import { Permits } from './permits.js'
import { DecodedEvents } from './decoded-events.js'
import { OpenedSubscriptions } from './opened-subscriptions.js'

const TIMEOUT_MS = 10_000
const MARGIN_MS = 1_000
const SEALER = createSealer([Buffer.alloc(32, 7)])

const SUBSCRIPTION: SubscriptionConfiguration = {
  id: 'sub_1',
  companyId: 'cmp_7',
  appId: 'app_42',
  name: 'Products',
  enabled: true,
  target: { url: 'https://shop.example.com/', method: 'POST', headers: [] },
  events: ['*'],
  workflow: { id: 'wf_1', name: 'Products' },
  payload: { type: 'json', mode: 'full', version: '1' },
  delivery: {
    success: '2xx',
    timeoutMs: TIMEOUT_MS,
    retry: { attempts: 1, intervalMs: 0, jitter: 0, on: 'any' },
    onRejected: 'deadLetter',
    onUnreachable: 'block',
  },
  secrets: [
    {
      sealed: SEALER.seal(
        `whsec_${Buffer.alloc(32, 9).toString('base64')}`,
        sealingScope({ companyId: 'cmp_7', subscriptionId: 'sub_1' }, 'secret'),
      ),
      validUntil: null,
    },
  ],
}

const ACCEPTED: SendOutcome = {
  result: { kind: 'accepted', status: 200 },
  response: null,
  error: null,
  durationMs: 1,
  isResent: false,
}

const EVENT = {
  ...{ id: 'evt_1', producer: 'pim', type: 'products.updated', companyId: 'cmp_7', occurredAt: '2026-03-02T08:15:04Z' },
  ...{ entity: { type: 'product', id: 'prd_9001' }, revision: { id: '0001-01', operation: 'update', number: 43 } },
  data: { name: 'Lamp' },
}

const RECORD = {
  ...{
    companyId: 'cmp_7',
    appId: 'app_42',
    subscriptionId: 'sub_1',
    deliveryId: 'msg_1',
    reason: 'event',
    mode: 'live',
  },
  ...{ sequence: 7n, streamEpoch: 1, source: { topic: 'hooklane.events', partition: 3, offset: 12n } },
  value: deliveryValue(Buffer.from(JSON.stringify(EVENT)), { epoch: 1, sequence: 7n }),
} as RecordRef

/** Runs an attempt whose rendering takes `renderingMs`, as if the process were frozen for that long, and returns what came of it. */
async function attemptAfter(renderingMs: number, lease: { leaseMs: number; isLost?: boolean }, isWithdrawn = false) {
  let nowMs = 500
  const told: string[] = []
  const terms: SendingTerms[] = []
  const session = {
    over: false,
    deadlineMs: nowMs + lease.leaseMs,
    state: { phase: 'running' as const },
    token: { workerGroup: 'shared-webhook', partition: 0, owner: 'o', epoch: 1n },
    handle: ({ type }: { type: string }) => void told.push(type),
  }
  const send = (_request: WebhookRequest, given?: SendingTerms): Promise<SendOutcome | null> => {
    terms.push(given ?? {})
    return Promise.resolve(isWithdrawn ? null : ACCEPTED)
  }
  const events = new DecodedEvents()
  const executor = new AttemptExecutor({
    clock: { monotonicMs: () => nowMs, wallMs: () => Date.parse('2026-03-02T08:15:05Z') },
    view: {
      company: () => ({ id: 'cmp_7', name: 'Nordlys' }),
      app: () => ({ id: 'app_42', type: 'shopware', name: 'DE', worker: { mode: 'shared' } }) as AppConfiguration,
      subscription: () => ({ version: 1n, value: SUBSCRIPTION }),
      subscriptionDeletedAt: () => undefined,
    },
    access: new OpenedSubscriptions(SEALER),
    sender: { send: send as WebhookSender['send'], close: () => Promise.resolve() },
    permits: new Permits(1),
    metrics: dispatcherMetrics(createRegistry('dispatcher')),
    marginMs: MARGIN_MS,
    events: {
      of: (record: RecordRef) => {
        nowMs += renderingMs
        session.over = lease.isLost ?? false
        return events.of(record)
      },
    } as DecodedEvents,
    payloads: new JsonPayloadRenderer('https://pim.example.com'),
    headerPrefix: 'pim-',
    userAgent: 'Hooklane/1',
    jitter: () => 0,
    onCannotUnseal: (_id, reason) => expect(reason).toBe('openable'),
    onDefect: (_id, error) => expect(error).toBeNull(),
  })
  executor.start(session, { type: 'attempt', record: RECORD, previous: 6n, skipped: [], attempt: 1, backlog: 1 })
  await new Promise((resolve) => setImmediate(resolve))
  return { told, terms, session }
}

describe('an attempt', () => {
  it('is sent under the lease that was checked, and the sender checks the lease again', async () => {
    const { told, terms, session } = await attemptAfter(100, { leaseMs: 100 + TIMEOUT_MS + MARGIN_MS })
    expect(told).toEqual(['attemptEnded'])
    expect(terms).toMatchObject([{ startedMs: 600 }])
    expect(terms[0]?.mayWrite?.()).toBe(true)
    session.over = true
    expect(terms[0]?.mayWrite?.()).toBe(false)
  })

  it.each([
    ['the process was frozen while it was rendered, and the lease could now end before the attempt does', 30_000, {}],
    ['the lease was lost while it was rendered', 0, { isLost: true }],
  ])('is not made and not counted when %s', async (_case, renderingMs, lease) => {
    const { told, terms } = await attemptAfter(renderingMs, { leaseMs: 40_000, ...lease })
    expect(told).toEqual(['attemptNotStarted'])
    expect(terms).toEqual([])
  })

  it('has its full timeout when the process was frozen while it was rendered and the lease still covers it', async () => {
    const { told, terms } = await attemptAfter(TIMEOUT_MS + 1, { leaseMs: 40_000 })
    expect(told).toEqual(['attemptEnded'])
    expect(terms).toMatchObject([{ startedMs: 500 + TIMEOUT_MS + 1 }])
  })

  it('is not counted when the sender found that it must not be written', async () => {
    expect((await attemptAfter(0, { leaseMs: 40_000 }, true)).told).toEqual(['attemptNotStarted'])
  })
})
