import { describe, expect, it } from '@jest/globals'
import { validateHeader, validateHeaders } from './reserved-headers.js'

describe('custom headers', () => {
  it.each(['X-Api-Key', 'authorization', 'Authorization', 'Accept', 'X-Shop', 'a', "!#$%&'*+-.^_`|~", 'Pimlico'])(
    'lets %s through',
    (name) => {
      expect(validateHeader(name, 'Bearer 1 2')).toBeNull()
    },
  )

  it.each([
    'host',
    'HOST',
    'Content-Length',
    'connection',
    'Transfer-Encoding',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Keep-Alive',
    'Proxy-Authorization',
    'proxy-connection',
    'User-Agent',
    'Content-Type',
    'content-encoding',
    'Content-Digest',
    'Accept-Encoding',
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-host',
    'Cookie',
    'webhook-id',
    'Webhook-Signature',
    'WEBHOOK-TIMESTAMP',
    'X-Amz-Security-Token',
    'x-amzn-trace-id',
    'X-Goog-Api-Key',
    'Metadata-Flavor',
    'Metadata',
    'X-aws-ec2-metadata-token',
    'X-aws-ec2-metadata-token-ttl-seconds',
    'X-Aliyun-Ecs-Metadata-Token',
    'Pim-Sequence',
    'pim-app',
    'ce-id',
    'Idempotency-Key',
    'traceparent',
    '__proto__',
  ])('keeps %s for itself', (name) => {
    expect(validateHeader(name, 'x')?.code).toBe('HEADER_RESERVED')
  })

  it.each(['', 'X Y', 'X:Y', 'X\r\nY', 'Ünicode', 'X\0', 'a,b', '(x)', 'X'.repeat(129)])(
    'refuses the name %j',
    (name) => {
      expect(validateHeader(name, 'x')?.code).toBe('HEADER_NAME')
    },
  )

  it.each(['a\r\nInjected: 1', 'a\n b', 'a\0', 'a\tb', '嘊嘍', 'é', '\x7f', 'x'.repeat(1025)])(
    'refuses the value %j and does not repeat it',
    (value) => {
      const fault = validateHeader('X-Key', value)
      expect(fault?.code).toBe('HEADER_VALUE')
      expect(fault?.message).not.toContain(value)
    },
  )

  it('keeps the vendor’s own prefix for itself', () => {
    expect(validateHeader('Acme-Event', 'x', 'Acme-')?.code).toBe('HEADER_RESERVED')
    expect(validateHeader('Pim-Event', 'x', 'Acme-')).toBeNull()
  })

  it('refuses a 21st header and a name that appears twice', () => {
    const many = Array.from({ length: 21 }, (_, n) => ({ name: `X-${n}`, value: '' }))
    expect(validateHeaders(many.slice(1))).toEqual([])
    expect(validateHeaders(many).map((f) => [f.index, f.code])).toEqual([[null, 'HEADER_COUNT']])
    const twice = validateHeaders([
      { name: 'X-Key', value: '1' },
      { name: 'x-key', value: '2' },
    ])
    expect(twice.map((f) => [f.index, f.code])).toEqual([[1, 'HEADER_REPEATED']])
  })
})
