import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** An X.509 certificate (ECDSA P-256, SHA-256). Made with Node alone, so that no test needs openssl on the machine. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly privateKey: KeyObject
  readonly name: string
}

export interface CertificateOptions {
  readonly name: string
  /** Absent: the certificate is self-signed. */
  readonly issuer?: Certificate
  readonly dnsNames?: readonly string[]
  readonly isCa?: boolean
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const DAY_MS = 86_400_000

export function makeCertificate(options: CertificateOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { name, issuer } = options
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const serial = randomBytes(8)
  serial[0] = 1
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    commonName(issuer?.name ?? name),
    sequence(
      time(options.notBefore ?? new Date(Date.now() - DAY_MS)),
      time(options.notAfter ?? new Date(Date.now() + DAY_MS)),
    ),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(basicConstraints(options.isCa ?? false), subjectNames(options.dnsNames ?? [name]))),
  )
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey)
  const der = sequence(body, algorithm, tagged(0x03, Buffer.from([0]), signature))
  return {
    name,
    privateKey,
    // Each line of base64 ends with one line break. OpenSSL rejects a certificate with an empty line after the last one.
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function tagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts)
const integer = (bytes: Buffer) => tagged(0x02, bytes)
const text = (value: string) => tagged(0x0c, Buffer.from(value))
const commonName = (name: string) => sequence(tagged(0x31, sequence(oid('2.5.4.3'), text(name))))

function time(date: Date): Buffer {
  return tagged(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const digits = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    bytes.push(...digits)
  }
  return tagged(0x06, Buffer.from(bytes))
}

function basicConstraints(isCa: boolean): Buffer {
  const content = isCa ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence()
  return sequence(oid('2.5.29.19'), tagged(0x01, Buffer.from([0xff])), tagged(0x04, content))
}

function subjectNames(names: readonly string[]): Buffer {
  return sequence(
    oid('2.5.29.17'),
    tagged(0x04, sequence(...names.map((name) => tagged(0x82, Buffer.from(name, 'ascii'))))),
  )
}
