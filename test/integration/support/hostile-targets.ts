/** URLs with which attackers try to get a server to connect to a forbidden target, grouped by trick. */

const https = (...hosts: string[]): string[] => hosts.map((host) => `https://${host}/`)

export const HOSTILE_TARGETS: Readonly<Record<string, readonly string[]>> = {
  'loopback in any spelling': https(
    ...['127.0.0.1', '127.1', '127.255.255.254', '0x7f.1', '0177.0.0.1', '017700000001', '2130706433', '0x7f000001'],
    '127.0.0.1.',
  ),
  '“this host”': https('0', '0.0.0.0', '0.1.2.3', '[::]'),
  'loopback in Unicode or escapes': https(
    ...['①②⑦.⓪.⓪.①', '127。0。0。1', '%31%32%37.0.0.1', 'ⓛocalhost', 'loc\talhost'],
  ),
  'IPv6 loopback, link-local, private and site-local': https(
    ...['[::1]', '[fe80::1]', '[fd00:ec2::254]', '[fec0::1]', '[::1%25lo]'],
  ),
  'IPv4-mapped IPv6': https('[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:a9fe:a9fe]'),
  'IPv4 embedded in IPv6 in other ways; reserved IPv6 prefixes': https(
    ...['[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b:1::1]', '[2002:7f00:1::]'],
    ...['[2001:0:7f00:1::]', '[5f00::1]', '[3fff::1]', '[100::1]', '[4000::1]'],
  ),
  'private, shared and reserved ranges': https(
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '192.0.0.192', '198.18.0.1'],
    ...['203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ),
  'metadata services of clouds': [
    'http://169.254.169.254/',
    ...https('169.254.169.254', '100.100.100.200', '168.63.129.16', 'metadata.google.internal'),
  ],
  'names of clusters and local networks': https(
    ...['api.default', 'kubernetes.default.svc', 'x.local', 'x.internal', 'x.svc', 'x.cluster.local', 'localhost'],
    ...['nas.home.arpa', 'intranet', 'shop.example.com.'],
  ),
  'URLs that parsers read differently': [
    'http://a@127.0.0.1/',
    'https://a@shop.example.com/',
    'https://127.0.0.1#@shop.example.com/',
    'https://127.0.0.1\\@shop.example.com/',
    'https:\\\\shop.example.com/',
    'https://shop.example.com/\r\nX: 1',
    'https://shop.example.com/a\tb',
    'https://user:password@shop.example.com/',
    'https://shop.example.com/#fragment',
    `https://shop.example.com/${'x'.repeat(2_048)}`,
  ],
  'other schemes': [
    ...['file:///etc/passwd', 'ftp://shop.example.com/', 'gopher://shop.example.com/', 'unix:/var/run/docker.sock'],
    ...['http+unix://%2Fvar%2Frun%2Fdocker.sock/', 'javascript:alert(1)', 'data:text/plain,x'],
    'http://shop.example.com/',
  ],
  'ports of other services': [22, 25, 6379, 5432, 9092, 2375, 10250].map((port) => `https://shop.example.com:${port}/`),
}

/** Permitted targets: addresses adjacent to refused ranges, and ordinary public hosts. */
export const HARMLESS_TARGETS: readonly string[] = [
  ...https('172.32.0.1', '100.63.255.254', '100.128.0.1', 'shop.example.com', '[2606:4700::1111]'),
  'https://shop.example.com:8443/',
]
