import { describe, expect, it } from '@jest/globals'
import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import { createSealer, sealingScope } from '@hooklane/core/secrets'
import type { SendOutcome } from '@hooklane/core/delivery'
import type { RecordRef } from '@hooklane/core/lane'
import { encodingsOf } from '@hooklane/testing'
import fc from 'fast-check'
import type { AttemptDetail } from '../attempts/attempt-executor.js'
import { attemptRecord, deadLetterRecord } from './outcome-records.js'
import { OutcomeScrubber } from '../attempts/outcome-scrubber.js'
import { OpenedSubscriptions } from '../attempts/opened-subscriptions.js'

const SEALER = createSealer([Buffer.alloc(32, 7)])
const OWNER = { companyId: 'cmp_7', subscriptionId: 'sub_1' }
const SIGNING = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const SCOPE = { topicPrefix: 'hooklane.', workerGroup: 'shared-webhook', ownerEpoch: 3n, wallMs: 1_772_439_304_000 }
const RECORD = {
  ...{ companyId: 'cmp_7', appId: 'app_42', subscriptionId: 'sub_1', subscriptionVersion: 4n, deliveryId: 'msg_1' },
  ...{ sequence: 7n, source: { topic: 'hooklane.events', partition: 1, offset: 9n }, value: Buffer.from('{}') },
  ...{ routedAt: '2026-03-02T08:15:04Z', mode: 'live' },
} as RecordRef

/**
 * Every kind of secret that a subscription can hold: sealed by the service, or in clear text under a name that marks it as a credential.
 */
interface Secrets {
  readonly header: string
  readonly clear: string
  readonly password: string
  readonly query: string
  readonly path: string
}

function subscriptionWith(secrets: Secrets): SubscriptionConfiguration {
  const url = new URL('https://shop.example.com/services/T1/')
  url.pathname += encodeURIComponent(secrets.path)
  url.searchParams.set('api_key', secrets.query)
  const sealed = (text: string) => SEALER.seal(text, sealingScope(OWNER, 'header'))
  const basic = Buffer.from(`joe:${secrets.password}`).toString('base64')
  return {
    id: 'sub_1',
    companyId: 'cmp_7',
    target: {
      url: {
        shown: 'https://shop.example.com/services/***?api_key=***',
        sealed: SEALER.seal(url.href, sealingScope(OWNER, 'url')),
      },
      method: 'POST',
      headers: [
        { name: 'X-Mine', sealed: sealed(secrets.header) },
        { name: 'X-Api-Key', value: secrets.clear },
        { name: 'X-Copy', value: secrets.clear },
        { name: 'X-Basic', sealed: sealed(`Basic ${basic}`) },
        { name: 'X-Plain', value: 'plain' },
      ],
    },
    secrets: [{ sealed: SEALER.seal(SIGNING, sealingScope(OWNER, 'secret')), validUntil: null }],
  } as unknown as SubscriptionConfiguration
}

/** Returns the records of an attempt with this outcome, as text. */
function recordsOf(subscription: SubscriptionConfiguration, outcome: SendOutcome): string {
  const access = new OpenedSubscriptions(SEALER).of(subscription)
  const headers = Object.fromEntries(access.headers.map(({ name, value }) => [name, value]))
  const detail: AttemptDetail = {
    attemptId: 'att_1',
    event: null,
    startedAtMs: SCOPE.wallMs,
    request: { url: access.url, method: 'POST', headers, body: Buffer.from('{}'), success: '2xx', timeoutMs: 1_000 },
    access,
    outcome: new OutcomeScrubber().scrubbed(outcome, access.scrubber),
  }
  const common = { publishId: 1, record: RECORD, detail }
  const attempt = attemptRecord(
    { type: 'publishAttempt', ...common, attempt: 1, disposition: { kind: 'delivered' } },
    SCOPE,
  )
  const letter = deadLetterRecord({ type: 'publishDeadLetter', ...common, attempts: 1, reason: 'http_500' }, SCOPE)
  return [attempt, letter].map(({ value, headers: own }) => `${String(value)} ${JSON.stringify(own)}`).join('\n')
}

const answered = (response: Partial<SendOutcome['response'] & object>, message = 'status 500'): SendOutcome => ({
  result: { kind: 'unreachable', status: 500, code: 'http_500' },
  response: { status: 500, headers: {}, body: '', ...response },
  error: { code: 'http_500', message },
  durationMs: 1,
  isResent: false,
})

const ENCODINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(`joe:${text}`).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text) => Buffer.from(text).toString('hex'),
  encodeURIComponent,
  (text) => JSON.stringify(text).slice(1, -1),
]
/** The places where a receiver may repeat a text. */
const PLACES: readonly ((echo: string) => SendOutcome)[] = [
  (echo) => answered({ body: echo }),
  (echo) => answered({ body: `${'x'.repeat(300)} {"echo":"${echo}"}` }),
  (echo) => answered({ headers: { 'x-echo': echo } }),
  (echo) => answered({ headers: { [`x-${echo}`.toLowerCase()]: 'a' } }),
  (echo) => answered({ headers: { location: `https://shop.example.com/login?next=${echo}` } }),
  (echo) => answered({}, `refused: ${echo}`),
]

const secret = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
  minLength: 12,
  maxLength: 40,
})
const secrets: fc.Arbitrary<Secrets> = fc.record({
  header: secret,
  clear: secret,
  password: secret,
  query: secret,
  path: secret,
})

describe('records of attempts', () => {
  it('never hold a secret of the subscription, wherever and however the receiver repeats it', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom(...ENCODINGS), fc.constantFrom(...PLACES), (all, encode, place) => {
        const subscription = subscriptionWith(all)
        for (const text of [...Object.values<string>({ ...all }), SIGNING]) {
          const records = recordsOf(subscription, place(encode(text)))
          expect(records).toContain('***')
          for (const form of encodingsOf(text).flatMap((one) => [one, one.toLowerCase()])) {
            expect(records).not.toContain(form)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('show what was sent, without the secrets', () => {
    const canaries = {
      header: 'CANARY-1',
      clear: 'CANARY-2',
      password: 'CANARY-3',
      query: 'CANARY-4',
      path: 'CANARY-5',
    }
    const [attempt = ''] = recordsOf(subscriptionWith(canaries), answered({ body: 'no' })).split('\n')
    const { request, response } = JSON.parse(attempt.slice(0, attempt.lastIndexOf(' {'))) as {
      request: object
      response: object
    }
    expect(request).toMatchObject({
      url: 'https://shop.example.com/services/***?api_key=***',
      headers: { 'X-Mine': '***', 'X-Api-Key': '***', 'X-Copy': '***', 'X-Basic': '***', 'X-Plain': 'plain' },
    })
    expect(response).toEqual({ status: 500, headers: {}, body: 'no' })
  })

  it('never show part of a secret at the end of a body that was cut', () => {
    const canaries = { header: 'CANARY-of-the-header', clear: '-', password: '-', query: '-', path: '-' }
    const subscription = subscriptionWith(canaries)
    for (let shown = 1; shown <= canaries.header.length; shown++) {
      const beginning = canaries.header.slice(0, shown)
      const atLimit = answered({ body: 'é'.repeat((4096 - shown) / 2) + beginning })
      const brokenOff: SendOutcome = { ...answered({ body: `key: ${beginning}` }), result: { kind: 'timedOut' } }
      for (const outcome of [atLimit, brokenOff]) expect(recordsOf(subscription, outcome)).not.toMatch(/CA|key: C/)
    }
    expect(recordsOf(subscription, answered({ body: 'a whole answer: CANARY' }))).toContain('a whole answer: CANARY')
  })

  it('hide credentials of the receiver’s own, and keep its authentication challenge', () => {
    const headers = Object.fromEntries([
      ['set-cookie', 'session=CANARY'],
      ['x-csrf-token', 'CANARY'],
      ['location', '/login?next=/x&access_token=CANARY'],
      ['www-authenticate', 'Bearer realm="shop"'],
      ['__proto__', 'own'],
    ])
    const records = recordsOf(
      subscriptionWith({ header: '-', clear: '-', password: '-', query: '-', path: '-' }),
      answered({ headers }),
    )
    expect(records).toContain(
      '"headers":{"set-cookie":"***","x-csrf-token":"***","location":"/login?next=/x&access_token=***",' +
        '"www-authenticate":"Bearer realm=\\"shop\\"","__proto__":"own"}',
    )
  })

  it('an outcome without secrets stays the same object', () => {
    const access = new OpenedSubscriptions(SEALER).of(
      subscriptionWith({ header: '-', clear: '-', password: '-', query: '-', path: '-' }),
    )
    const outcome = answered({ headers: { 'content-type': 'text/plain' }, body: 'ok' })
    expect(new OutcomeScrubber().scrubbed(outcome, access.scrubber)).toBe(outcome)
  })
})
