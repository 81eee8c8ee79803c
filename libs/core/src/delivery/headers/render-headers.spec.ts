import { describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { newSigningSecret, signingKeyOf } from '../signing/standard-webhooks.js'
import { headerSafe } from './header-safe.js'
import { renderHeaders, userAgentOf, type HeaderParts } from './render-headers.js'

const event: HeaderParts['event'] = {
  ...{ type: 'products.updated', companyId: 'cmp_7' },
  revision: { id: '0001-01', operation: 'update', number: 43 },
  entity: { type: 'product', id: 'prd_9001' },
}

const secret = newSigningSecret()
const body = Buffer.from('{"a":1}')
const parts: HeaderParts = {
  ...{
    payload: { contentType: 'application/json', body },
    deliveryId: 'msg_1',
    event,
    order: { epoch: 3, sequence: 18451 },
    appId: 'app_42',
    previous: 18450n,
    mode: 'live',
    custom: [],
  },
  ...{
    signingKeys: [signingKeyOf(secret)],
    timestampSeconds: Math.floor(Date.now() / 1000),
    attempt: 1,
    maxAttempts: 10,
  },
  ...{
    lagMs: 1840,
    backlog: 120,
    ownerEpoch: 14n,
    traceparent: null,
    userAgent: userAgentOf('0.1.0', 'https://x.test'),
  },
  headerPrefix: 'Pim-',
}
const render = (change: Partial<HeaderParts> = {}) => {
  const rendered = renderHeaders({ ...parts, ...change })
  if (!rendered.ok) throw new Error(rendered.message)
  return rendered.headers
}

describe('headers', () => {
  it('are those of the reference, and verify', () => {
    const { 'webhook-signature': signature, 'webhook-timestamp': timestamp, ...others } = render()
    expect(others).toEqual({
      'content-type': 'application/json',
      'user-agent': 'Hooklane/0.1.0 (+https://x.test)',
      'webhook-id': 'msg_1',
      'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
      'idempotency-key': '"msg_1"',
      'Pim-Event': 'products.updated',
      'Pim-Company': 'cmp_7',
      'Pim-App': 'app_42',
      'Pim-Entity': 'product/prd_9001',
      'Pim-Revision': '43',
      'Pim-Stream': 'app_42;epoch=3',
      'Pim-Sequence': '18451',
      'Pim-Previous-Sequence': '18450',
      'Pim-Attempt': '1',
      'Pim-Max-Attempts': '10',
      'Pim-Mode': 'live',
      'Pim-Lag': '1.8',
      'Pim-Backlog': '120',
      'Pim-Owner-Epoch': '14',
    })
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp!, 'webhook-signature': signature! }
    expect(new Webhook(secret).verify(body, headers)).toEqual({ a: 1 })
  })

  it('leave out what is null', () => {
    const names = Object.keys(
      render({ lagMs: null, backlog: null, ownerEpoch: null, event: { ...event, revision: null } }),
    )
    for (const name of ['Pim-Lag', 'Pim-Backlog', 'Pim-Owner-Epoch', 'Pim-Revision', 'traceparent']) {
      expect(names).not.toContain(name)
    }
  })

  it('carry the vendor’s prefix and the trace', () => {
    const headers = render({
      headerPrefix: 'Acme-',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    expect(headers['Acme-Sequence']).toBe('18451')
    expect(headers.traceparent).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
    expect(Object.keys(headers).some((name) => name.startsWith('Pim-'))).toBe(false)
  })

  it('begin with the receiver’s own', () => {
    const headers = render({ custom: [{ name: 'X-Api-Key', value: 'k' }] })
    expect(Object.keys(headers)[0]).toBe('X-Api-Key')
  })

  it('the clock of the source may be ahead of ours', () => {
    expect(render({ lagMs: -5000 })['Pim-Lag']).toBe('0.0')
  })

  it('carry any entity id, reversibly', () => {
    const id = 'größe 50%/"x"\r\nInjected: 1\u2028☕'
    const value = render({ event: { ...event, entity: { type: 'a/b', id } } })['Pim-Entity']!
    expect(value).toMatch(/^[\x21-\x7e]+$/)
    const slash = value.indexOf('/')
    expect(decodeURIComponent(value.slice(0, slash))).toBe('a/b')
    expect(decodeURIComponent(value.slice(slash + 1))).toBe(id)
    expect(headerSafe('\ud800')).toBe('%EF%BF%BD')
  })

  it('leave an entity whose name would break the receiver’s limits to the body', () => {
    const entity = { type: 'product', id: '☕'.repeat(1024) }
    expect(render({ event: { ...event, entity } })['Pim-Entity']).toBeUndefined()
  })

  it.each([
    { name: 'Host', value: 'internal' },
    { name: 'content-length', value: '0' },
    { name: 'X-A', value: 'canary\r\nX-B: 1' },
    { name: 'pim-sequence', value: '1' },
    { name: '__proto__', value: '1' },
  ])('the request is not made with a custom header that the API would have refused: $name', (header) => {
    const rendered = renderHeaders({ ...parts, custom: [header] })
    expect(rendered).toMatchObject({ ok: false, code: 'invalid_header' })
    expect(JSON.stringify(rendered)).not.toContain('canary')
  })

  it('the request is not made without a signature', () => {
    expect(renderHeaders({ ...parts, signingKeys: [] })).toMatchObject({ ok: false, code: 'no_signing_key' })
  })
})
