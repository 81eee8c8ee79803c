import { describe, expect, it } from '@jest/globals'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts'
import { createSealer, sealingScope, spliceOrder, type EffectOf, type RecordRef, type SendingTerms } from '@hooklane/core'
import { createRegistry } from '@hooklane/observability'
import { dispatcherMetrics } from '../metrics.js'
import { AttemptExecutor } from './attempt-executor.js'
import { Permits } from './permits.js'
import { RenderedEvents } from './rendered-events.js'
import { SubscriptionAccessCache } from './subscription-access.js'

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
  value: spliceOrder(Buffer.from(JSON.stringify(EVENT)), { epoch: 1, sequence: 7n }),
} as RecordRef

/** What the sender is asked to do with a delivery whose rendering takes the process so long: it was frozen then. */
async function termsAfter(renderingMs: number, lease: { leaseMs: number; isLost?: boolean }): Promise<SendingTerms> {
  let nowMs = 500
  const session = {
    over: false,
    deadlineMs: nowMs + lease.leaseMs,
    state: { phase: 'running' as const },
    licence: { workerGroup: 'shared-webhook', partition: 0, owner: 'o', epoch: 1n },
    tell: () => undefined,
  }
  const events = new RenderedEvents('https://pim.example.com')
  const sent = new Promise<SendingTerms>((resolve) => {
    const executor = new AttemptExecutor({
      clock: { monotonicMs: () => nowMs, wallMs: () => Date.parse('2026-03-02T08:15:05Z') },
      view: {
        company: () => ({ id: 'cmp_7', name: 'Nordlys' }),
        app: () => ({ id: 'app_42', type: 'shopware', name: 'DE', worker: { mode: 'shared' } }) as AppConfiguration,
        subscription: () => ({ version: 1n, value: SUBSCRIPTION }),
        subscriptionDeletedAt: () => undefined,
      },
      access: new SubscriptionAccessCache(SEALER),
      sender: {
        send: (_request, terms = {}) => {
          resolve(terms)
          return new Promise(() => undefined)
        },
        close: () => Promise.resolve(),
      },
      permits: new Permits(1),
      metrics: dispatcherMetrics(createRegistry('dispatcher')),
      marginMs: MARGIN_MS,
      events: {
        of: (record: RecordRef) => {
          nowMs += renderingMs
          session.over = lease.isLost ?? false
          return events.of(record)
        },
      } as RenderedEvents,
      headerPrefix: 'pim-',
      userAgent: 'Hooklane/1',
      jitter: () => 0,
      onCannotUnseal: (_id, reason) => expect(reason).toBe('openable'),
      onDefect: (_id, error) => expect(error).toBeNull(),
    })
    const effect = { type: 'attempt', record: RECORD, previous: 6n, skipped: [], attempt: 1, backlog: 1 }
    executor.start(session, effect as unknown as EffectOf<'attempt'>)
  })
  return sent
}

describe('an attempt', () => {
  it('has its time from the moment at which the lease was checked, however long rendering took', async () => {
    expect(await termsAfter(0, { leaseMs: 40_000 })).toMatchObject({ startedMs: 500 })
    expect(await termsAfter(45_000, { leaseMs: 40_000 })).toMatchObject({ startedMs: 500 })
  })

  it.each([
    ['that still covers it', { leaseMs: TIMEOUT_MS + MARGIN_MS }, true],
    ['that was lost while it was rendered', { leaseMs: TIMEOUT_MS + MARGIN_MS, isLost: true }, false],
  ])('asks the lease again before the write: one %s', async (_case, lease, mayWrite) => {
    const terms = await termsAfter(100, lease)
    expect(terms.mayWrite?.()).toBe(mayWrite)
  })
})
