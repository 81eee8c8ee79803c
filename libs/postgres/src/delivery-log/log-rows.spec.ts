import type { AttemptRecord, SettlementRecord } from '@hooklane/contracts/records'
import { describe, expect, it } from '@jest/globals'
import type { AttemptsEntry } from './log-entry.js'
import { ATTEMPT_COLUMNS, columnArrays, DELIVERY_COLUMNS, summariseDeliveries } from './log-rows.js'

const identity = {
  appId: 'app_1',
  sequence: 1,
  companyId: 'cmp_1',
  workerGroup: 'shared-0',
  subscriptionId: 'sub_1',
  subscriptionVersion: '1',
  deliveryId: 'msg_1',
  source: { topic: 'events', partition: 0, offset: '5' },
  position: null,
  eventId: 'evt_1',
  eventType: 'products.updated',
  entity: { type: 'product', id: 'p1' },
  routedAt: '2026-03-02T08:15:00Z',
  mode: 'live',
  ownerEpoch: '1',
  attemptId: 'att_1',
}

function attempt(given: Partial<AttemptRecord> = {}): AttemptsEntry {
  const record: AttemptRecord = {
    ...identity,
    attempt: 1,
    startedAt: '2026-03-02T08:15:01Z',
    durationMs: 3,
    request: { method: 'POST', url: 'https://a.example/', headers: {}, bytes: 2, digest: 'd' },
    response: { status: 200, headers: {}, body: '' },
    error: null,
    decision: 'delivered',
    nextAttemptAt: null,
    status: 'delivered',
    ...given,
  }
  return { kind: 'attempt', record }
}

function settlement(given: Partial<SettlementRecord> = {}): AttemptsEntry {
  return {
    kind: 'settlement',
    record: { ...identity, at: '2026-03-02T09:00:00Z', status: 'skipped', reason: 'skipped', ...given },
  }
}

describe('summariseDeliveries', () => {
  it('takes the state from the newest record and the times from all of them', () => {
    const [summary, ...others] = summariseDeliveries([
      attempt({ attempt: 1, status: 'retrying', startedAt: '2026-03-02T08:15:01Z' }),
      attempt({ attempt: 2, status: 'retrying', startedAt: '2026-03-02T08:15:00.5Z' }),
      settlement(),
    ])
    expect(others).toEqual([])
    expect(summary).toMatchObject({ attempts: 2, firstAttemptAt: '2026-03-02T08:15:00.5Z' })
    expect(summary?.newest.record.status).toBe('skipped')
  })

  it('keeps the last response of a delivery that was then settled without a request', () => {
    const error = { code: 'http_503', message: 'busy' }
    const failed = attempt({ status: 'retrying', response: { status: 503, headers: {}, body: '' }, error })
    const [summary] = summariseDeliveries([settlement(), failed])
    expect(columnArrays([summary!], DELIVERY_COLUMNS).slice(26, 28)).toEqual([[503], ['http_503']])
  })

  it('keeps the status delivered, whatever is read after it', () => {
    const [summary] = summariseDeliveries([attempt(), attempt({ attempt: 2, status: 'retrying' })])
    expect(summary?.newest.record.status).toBe('delivered')
    expect(summary?.attempts).toBe(2)
  })

  it('counts no attempt when there was only a settlement', () => {
    expect(summariseDeliveries([settlement()])).toMatchObject([{ attempts: 0, firstAttemptAt: null }])
  })

  it('orders deliveries by app and number', () => {
    const places = [
      ['app_2', 1],
      ['app_1', 10],
      ['app_1', 9],
    ] as const
    const summaries = summariseDeliveries(places.map(([appId, sequence]) => attempt({ appId, sequence })))
    expect(summaries.map(({ newest: { record } }) => [record.appId, record.sequence])).toEqual([
      ['app_1', 9],
      ['app_1', 10],
      ['app_2', 1],
    ])
  })
})

describe('columnArrays', () => {
  it('fills the request and response columns of a settlement with nulls', () => {
    const columns = columnArrays([attempt(), settlement()], ATTEMPT_COLUMNS)
    expect(columns).toHaveLength(25)
    expect(columns[11]).toEqual(['POST', null])
    expect(columns[16]).toEqual([200, null])
    expect(columnArrays(summariseDeliveries([settlement()]), DELIVERY_COLUMNS)).toHaveLength(30)
  })

  it('replaces what Postgres text cannot hold, in texts and in headers', () => {
    const headers = { 'x-a\0': 'half \ud83d', 'x-b': 'a \\u0000 that was written out' }
    const response = { status: 200, headers, body: 'nul \0 here' }
    const columns = columnArrays([attempt({ response })], ATTEMPT_COLUMNS)
    expect(columns[18]).toEqual(['nul \uFFFD here'])
    expect(JSON.parse(String(columns[17]))).toEqual({
      'x-a\uFFFD': 'half \uFFFD',
      'x-b': 'a \\u0000 that was written out',
    })
  })
})
