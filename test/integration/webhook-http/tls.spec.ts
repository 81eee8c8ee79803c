import { afterEach, describe, expect, it } from '@jest/globals'
import { createServer, type TlsOptions } from 'node:tls'
import { parseAllowTargets } from '@hooklane/webhook-http'
import { makeCertificate, type Certificate } from './make-certificate.js'
import { Cleanup, listen, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const HOST = 'hooks.example.com'
const authority = makeCertificate({ name: 'Test authority', isCa: true })
const DAY_MS = 86_400_000
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

async function tlsReceiver(options: TlsOptions) {
  let received = ''
  let sessions = 0
  const server = createServer(options, (socket) => {
    sessions += 1
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    onRequest(socket, () => socket.write(OK))
    cleanup.add(async () => socket.destroy())
  })
  server.on('tlsClientError', () => undefined)
  const port = await listen(cleanup, server)
  return { port, received: () => received, sessions: () => sessions }
}

const serving = ({ cert, key }: Certificate, options: TlsOptions = {}) => tlsReceiver({ cert, key, ...options })

/** `ca` null: only the public authorities. */
function senderFor(port: number, ca: string | null = authority.cert) {
  const sender = senderOf(cleanup, {
    allowTargets: parseAllowTargets(`${HOST}:${port}`),
    systemResolver: { resolve: async () => ['127.0.0.1'] },
    ...(ca === null ? {} : { ca }),
  })
  return (path = '/') => sender.send(requestTo(`https://${HOST}:${port}${path}`))
}

async function expectRefused(receiver: { port: number; received: () => string }, ca?: string | null): Promise<void> {
  const outcome = await senderFor(receiver.port, ca)()
  expect(outcome.result).toEqual({ kind: 'unreachable', status: null, code: 'tls' })
  expect(outcome.error?.message).toMatch(/^the TLS handshake failed: [A-Z0-9_]+$/)
  expect(receiver.received()).toBe('')
}

describe('TLS', () => {
  it('a certificate of a trusted authority for the right name is accepted, and the connection is kept', async () => {
    const receiver = await serving(makeCertificate({ name: HOST, issuer: authority }))
    const send = senderFor(receiver.port)
    for (let n = 0; n < 5; n += 1) expect((await send()).result).toEqual({ kind: 'accepted', status: 200 })
    expect(receiver.sessions()).toBe(1)
    expect(receiver.received()).toContain(`host: ${HOST}:${receiver.port}`)
  })

  it('a certificate that signed itself is refused', async () => {
    await expectRefused(await serving(makeCertificate({ name: HOST })))
  })

  it('an authority that nobody named is refused', async () => {
    await expectRefused(await serving(makeCertificate({ name: HOST, issuer: authority })), null)
  })

  it('a certificate for another name is refused', async () => {
    await expectRefused(await serving(makeCertificate({ name: 'other.example.com', issuer: authority })))
  })

  it('an expired certificate is refused', async () => {
    const [notBefore, notAfter] = [new Date(Date.now() - 3 * DAY_MS), new Date(Date.now() - DAY_MS)]
    await expectRefused(await serving(makeCertificate({ name: HOST, issuer: authority, notBefore, notAfter })))
  })

  it('a certificate that is not valid yet is refused', async () => {
    const [notBefore, notAfter] = [new Date(Date.now() + DAY_MS), new Date(Date.now() + 2 * DAY_MS)]
    await expectRefused(await serving(makeCertificate({ name: HOST, issuer: authority, notBefore, notAfter })))
  })

  it('TLS 1.1 is refused', async () => {
    const certificate = makeCertificate({ name: HOST, issuer: authority })
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    await expectRefused(await serving(certificate, old))
  })

  it('a receiver that speaks no TLS is refused', async () => {
    const plain = await rawReceiver(cleanup, (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const outcome = await senderFor(plain.port)()
    expect(outcome.error?.code).toBe('tls')
    expect(plain.received()).not.toContain('webhook-id')
  })

  it('the environment cannot switch verification off', async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    try {
      await expectRefused(await serving(makeCertificate({ name: HOST })))
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    }
  })
})
