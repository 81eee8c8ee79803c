import { afterEach, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Cleanup, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** Every request is answered with these bytes. */
const answering = (text: string | Buffer) =>
  rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(text)))
const afterRequest = (act: (socket: Socket) => void) =>
  rawReceiver(cleanup, (socket) => onRequest(socket, () => act(socket)))
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('answers', () => {
  it('a complete 200 is accepted, and the request arrived byte for byte', async () => {
    const receiver = await answering(OK)
    const outcome = await senderOf(cleanup).send(requestTo(`${receiver.url}?a=b`))
    expect(outcome).toMatchObject({ result: { kind: 'accepted', status: 200 }, error: null })
    expect(outcome.response).toEqual({ status: 200, headers: { 'content-length': '2' }, body: 'ok' })
    expect(receiver.received()).toBe(
      `POST /hook?a=b HTTP/1.1\r\nhost: 127.0.0.1:${receiver.port}\r\nconnection: keep-alive\r\n` +
        'content-type: application/json\r\nwebhook-id: msg_1\r\ncontent-length: 7\r\n\r\n{"a":1}',
    )
  })

  it.each([
    ['204 No Content', 'accepted', null],
    ['302 Found', 'rejected', 'redirect'],
    ['404 Not Found', 'rejected', 'http_404'],
    ['410 Gone', 'gone', 'http_410'],
    ['408 Request Timeout', 'unreachable', 'http_408'],
    ['425 Too Early', 'unreachable', 'http_425'],
    ['429 Too Many Requests', 'unreachable', 'http_429'],
    ['429 Too Many Requests\r\nretry-after: 7', 'throttled', 'http_429'],
    ['503 Service Unavailable\r\nretry-after: Wed, 21 Oct 2065 07:28:00 GMT', 'throttled', 'http_503'],
    ['503 Service Unavailable\r\nretry-after: soon', 'unreachable', 'http_503'],
    ['500 Oops', 'unreachable', 'http_500'],
  ])('%s is %s', async (line, kind, code) => {
    const receiver = await answering(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\n\r\n`)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result.kind).toBe(kind)
    expect(outcome.error?.code ?? null).toBe(code)
  })

  it('a 2xx that the subscription does not name is rejected', async () => {
    const receiver = await answering('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n')
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { success: [200, 201] }))
    expect(outcome.result).toEqual({ kind: 'rejected', status: 202 })
    expect(outcome.error?.code).toBe('http_202')
  })

  it.each([301, 302, 303, 307, 308])('a redirect (%i) is a failure and its target is never asked', async (status) => {
    const trap = await answering(OK)
    const receiver = await answering(`HTTP/1.1 ${status} X\r\nlocation: ${trap.url}\r\ncontent-length: 0\r\n\r\n`)
    const sender = senderOf(cleanup)
    expect((await sender.send(requestTo(receiver.url))).result).toEqual({ kind: 'rejected', status })
    expect((await sender.send(requestTo(receiver.url))).error?.code).toBe('redirect')
    expect(trap.sockets).toHaveLength(0)
  })

  it('an answer without a length ends with the connection', async () => {
    const receiver = await afterRequest((socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfine'))
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome).toMatchObject({ result: { kind: 'accepted' }, response: { body: 'fine' } })
  })

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart'],
    ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n'],
    ['until the end of the connection', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\npart'],
    ['without any body yet', 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'],
  ])('a 200 %s that is reset before its end is not accepted', async (_form, text) => {
    const receiver = await afterRequest((socket) =>
      socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 50)),
    )
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result).toEqual({ kind: 'unreachable', status: null, code: 'reset' })
    expect(outcome.response?.status).toBe(200)
  })

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart'],
    ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npart\r\n'],
  ])('a 200 %s that is closed before its end is not accepted', async (_form, text) => {
    const receiver = await afterRequest((socket) => socket.end(text))
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result.kind).toBe('unreachable')
    expect(['reset', 'incomplete']).toContain(outcome.error?.code)
  })

  it('a close without an answer is a failure, and nothing is sent again by itself', async () => {
    const receiver = await afterRequest((socket) => socket.end())
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'reset' }, response: null })
    expect(receiver.received().match(/POST/g)).toHaveLength(1)
  })

  it('a 200 that comes before the request was read is not accepted', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(OK)
      })
    })
    const body = Buffer.alloc(64 * 1024 * 1024, 0x61)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { body }))
    expect(outcome.error?.code).toBe('incomplete')
    expect(outcome.result.kind).toBe('unreachable')
  })

  it('garbage and oversized headers are no answer', async () => {
    const garbage = await answering('SSH-2.0-OpenSSH_9.0\r\n')
    const huge = await answering(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(200_000)}\r\ncontent-length: 0\r\n\r\n`)
    const sender = senderOf(cleanup)
    expect((await sender.send(requestTo(garbage.url))).error?.code).toBe('protocol')
    expect((await sender.send(requestTo(huge.url))).error?.code).toBe('protocol')
  })

  it('a long answer is cut: its status counts, 4 KiB are kept, and the connection is closed', async () => {
    const receiver = await answering(`HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n${'ü'.repeat(500_000)}`)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result).toEqual({ kind: 'accepted', status: 200 })
    expect(Buffer.byteLength(outcome.response!.body)).toBeLessThanOrEqual(4096)
    expect(outcome.response!.body).toMatch(/^ü+$/)
    await new Promise((resolve) => receiver.sockets[0]!.once('close', resolve))
  })

  it('an endless answer is cut', async () => {
    const receiver = await afterRequest((socket) => {
      socket.write('HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n')
      const more = () => {
        while (socket.writable && socket.write(`400\r\n${'x'.repeat(1024)}\r\n`));
        socket.once('drain', more)
      }
      more()
    })
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result).toEqual({ kind: 'unreachable', status: 500, code: 'http_500' })
    expect(outcome.response!.body).toHaveLength(4096)
  })

  it('compressed answers are neither asked for nor inflated', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024))
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`
    const receiver = await answering(Buffer.concat([Buffer.from(head), bomb]))
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result.kind).toBe('accepted')
    expect(Buffer.byteLength(outcome.response!.body)).toBeLessThanOrEqual(4096)
    expect(outcome.response!.body).not.toContain('\0')
    expect(receiver.received()).not.toMatch(/accept-encoding/i)
  })

  it('of the headers of an answer 4 KiB are kept', async () => {
    const lines = Array.from({ length: 100 }, (_, n) => `x-${n}: ${'a'.repeat(100)}\r\n`).join('')
    const receiver = await answering(`HTTP/1.1 200 OK\r\n__proto__: x\r\n${lines}content-length: 0\r\n\r\n`)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result.kind).toBe('accepted')
    expect(JSON.stringify(outcome.response!.headers).length).toBeLessThan(5_000)
  })

  it('a header that cannot be written is the request’s fault', async () => {
    const receiver = await answering(OK)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { headers: { 'x-a': 'canary\r\nx-b: 1' } }))
    expect(outcome.result).toEqual({ kind: 'notSendable', code: 'invalid_request' })
    expect(JSON.stringify(outcome)).not.toContain('canary')
    expect(receiver.received()).toBe('')
  })
})
