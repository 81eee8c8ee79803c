import { describe, expect, it } from '@jest/globals'
import { isPublicAddress } from './address-classifier.js'
import { InvalidAllowTargets, NO_ALLOWED_TARGETS, parseAllowTargets } from './allow-targets.js'
import { checkTarget } from './check-target.js'

const codeOf = (raw: string, allow = '') => {
  const check = checkTarget(raw, parseAllowTargets(allow))
  return check.ok ? 'ok' : check.code
}

describe('target URL', () => {
  it.each([
    ['https://shop.example.com/hooks', 'https://shop.example.com/hooks'],
    ['HTTPS://Shop.Example.COM', 'https://shop.example.com/'],
    ['https://shop.example.com:443/a?b=c%20d', 'https://shop.example.com/a?b=c%20d'],
    ['https://shop.example.com:8443/', 'https://shop.example.com:8443/'],
    ['https://xn--mnchen-3ya.de/', 'https://xn--mnchen-3ya.de/'],
    ['https://münchen.de/ü', 'https://xn--mnchen-3ya.de/%C3%BC'],
    ['https://my-bucket.s3.amazonaws.com/', 'https://my-bucket.s3.amazonaws.com/'],
    ['https://172.32.0.1/', 'https://172.32.0.1/'],
    ['https://100.63.255.254/', 'https://100.63.255.254/'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
  ])('%s may be called as %s', (raw, url) => {
    expect(checkTarget(raw, NO_ALLOWED_TARGETS)).toEqual({ ok: true, url })
  })

  it.each([
    ...['127.0.0.1', '127.1', '127.255.255.254', '0x7f.1', '0177.0.0.1', '017700000001', '2130706433', '0x7f000001'],
    ...['127.0.0.1.', '0', '0.0.0.0', '0.1.2.3', '[::]', '①②⑦.⓪.⓪.①', '127。0。0。1', '%31%32%37.0.0.1'],
    ...['[::1]', '[fe80::1]', '[fd00:ec2::254]', '[fec0::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ...['[0:0:0:0:0:ffff:a9fe:a9fe]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::a9fe:a9fe]'],
    ...['[64:ff9b:1::1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[5f00::1]', '[3fff::1]', '[100::1]', '[4000::1]'],
    ...['[8000::1]', '[100:0:0:1::1]', '[ff02::1]', '[2001:db8::1]', '[2001:2::1]', '[::ffff:10.0.0.1]', '[::7f00:1]'],
    ...['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '100.127.255.255'],
    ...['192.0.0.192', '198.18.0.1', '198.19.255.255', '203.0.113.1', '198.51.100.1', '192.0.2.1', '224.0.0.1'],
    ...[
      '240.0.0.1',
      '255.255.255.255',
      '169.254.169.254',
      '100.100.100.200',
      '168.63.129.16',
      '[::ffff:168.63.129.16]',
    ],
  ])('the address %s is blocked', (host) => {
    expect(codeOf(`https://${host}/`)).toBe('ADDRESS_BLOCKED')
    expect(codeOf(`https://${host}:8443/x`)).toBe('ADDRESS_BLOCKED')
  })

  it.each([
    ['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0'],
    ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'],
    ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'],
    ['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
    ['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
    ['192.167.255.255', '192.168.0.0', '192.168.255.255', '192.169.0.0'],
    ['198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0'],
    ['168.63.129.15', '168.63.129.16', '168.63.129.16', '168.63.129.17'],
  ])('the neighbours of a blocked range are public, its ends are not: %s', (before, first, last, after) => {
    expect(isPublicAddress(before)).toBe(true)
    expect(isPublicAddress(first)).toBe(false)
    expect(isPublicAddress(last)).toBe(false)
    expect(isPublicAddress(after)).toBe(true)
  })

  it.each([
    ...['localhost', 'ⓛocalhost', 'app.localhost', 'api.default', 'kubernetes.default.svc', 'x.svc.cluster.local'],
    ...['metadata.google.internal', 'router.local', 'nas.home.arpa', '1.0.0.127.in-addr.arpa', 'printer.lan', 'com'],
    ...['co.uk', 'shop.example.com.', 'shop.unknowntld', 'x.onion', 'foo..com', '.com'],
  ])('the name %s is not a public host', (host) => {
    expect(['HOST_NOT_PUBLIC', 'URL_INVALID']).toContain(codeOf(`https://${host}/`))
  })

  it.each([
    ['http://shop.example.com/', 'URL_SCHEME'],
    ['ftp://shop.example.com/', 'URL_SCHEME'],
    ['file:///etc/passwd', 'URL_SCHEME'],
    ['gopher://shop.example.com/', 'URL_SCHEME'],
    ['unix:/var/run/x.sock', 'URL_SCHEME'],
    ['http+unix://%2Fvar%2Frun/', 'URL_SCHEME'],
    ['javascript:alert(1)', 'URL_SCHEME'],
    ['data:text/plain,x', 'URL_SCHEME'],
    ['//shop.example.com/', 'URL_SCHEME'],
    ['https:shop.example.com', 'URL_SCHEME'],
    ['https:/shop.example.com', 'URL_SCHEME'],
    ['https:\\\\shop.example.com', 'URL_CHARACTERS'],
    ['https:////shop.example.com', 'URL_INVALID'],
    ['https://', 'URL_INVALID'],
    ['https://[::1%25lo]/', 'URL_INVALID'],
    ['https://shop.example.com:99999/', 'URL_INVALID'],
    ['https://a@127.0.0.1/', 'URL_USERINFO'],
    ['https://@shop.example.com/', 'URL_USERINFO'],
    ['https://user:pw@shop.example.com/', 'URL_USERINFO'],
    ['https://127.0.0.1\\@shop.example.com/', 'URL_CHARACTERS'],
    ['https://127.0.0.1#@shop.example.com/', 'URL_FRAGMENT'],
    ['https://shop.example.com/#x', 'URL_FRAGMENT'],
    ['https://shop.example.com/#', 'URL_FRAGMENT'],
    ['https://loc\talhost/', 'URL_CHARACTERS'],
    ['https://shop.example.com/\r\nX: 1', 'URL_CHARACTERS'],
    [' https://shop.example.com/', 'URL_CHARACTERS'],
    ['https://shop.example.com/a b', 'URL_CHARACTERS'],
    ['https://shop.example.com/\u200b', 'URL_CHARACTERS'],
    ['https://shop.example.com/\ud800', 'URL_CHARACTERS'],
    [`https://shop.example.com/${'x'.repeat(2048)}`, 'URL_TOO_LONG'],
    [`https://shop.example.com/${'ü'.repeat(1000)}`, 'URL_TOO_LONG'],
    ...[22, 25, 80, 6379, 5432, 9092, 2375, 10250].map((port) => [`https://shop.example.com:${port}/`, 'URL_PORT']),
  ] as [string, string][])('%j is refused as %s', (raw, code) => {
    expect(codeOf(raw)).toBe(code)
  })
})

describe('allowed targets', () => {
  const local = '127.0.0.0/8,::1/128,localhost, hooks.test:8080 [fd00::1]:9000,*:8444'

  it.each([
    ['http://127.0.0.1:41000/x', 'ok'],
    ['http://0x7f.1:41000/', 'ok'],
    ['http://[::1]:5/', 'ok'],
    ['http://[::ffff:127.0.0.1]:5/', 'ok'],
    ['http://localhost/', 'ok'],
    ['http://LOCALHOST:99/', 'ok'],
    ['http://hooks.test:8080/', 'ok'],
    ['http://hooks.test/', 'URL_SCHEME'],
    ['https://hooks.test/', 'HOST_NOT_PUBLIC'],
    ['http://[fd00::1]:9000/', 'ok'],
    ['https://[fd00::1]/', 'ADDRESS_BLOCKED'],
    ['https://shop.example.com:8444/', 'ok'],
    ['https://10.0.0.1:8444/', 'URL_PORT'],
    ['https://10.0.0.1/', 'ADDRESS_BLOCKED'],
    ['http://a.localhost/', 'URL_SCHEME'],
    ['http://user@127.0.0.1/', 'URL_USERINFO'],
    ['http://127.0.0.1/#x', 'URL_FRAGMENT'],
  ])('%s is checked as %s', (raw, code) => {
    expect(codeOf(raw, local)).toBe(code)
  })

  it.each([
    '127.0.0.1/33',
    '127.1',
    '10.0.0.0/x',
    'http://localhost',
    'local host!',
    'a:b',
    'x:0',
    'x:70000',
    '*',
    '/8',
    '300.1.1.1',
  ])('refuses the entry %j at start', (entry) => {
    expect(() => parseAllowTargets(entry)).toThrow(InvalidAllowTargets)
  })

  it('only a named host may use the system’s resolver', () => {
    const allowed = parseAllowTargets(local)
    expect(allowed.names('localhost', 80)).toBe(true)
    expect(allowed.names('127.0.0.1', 80)).toBe(false)
    expect(allowed.names('shop.example.com', 8444)).toBe(false)
  })
})
