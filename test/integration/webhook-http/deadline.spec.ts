import { afterEach, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { Cleanup, closed, recordingDial, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const TIMEOUT_MS = 400
/** Far above what a loaded machine needs, far below an attempt that ignores its deadline. */
const PATIENCE_MS = 8_000

const dripping = (first: string, drop: string) => (socket: Socket) => {
  onRequest(socket, () => {
    socket.write(first)
    const timer = setInterval(() => socket.write(drop), 5)
    socket.once('close', () => clearInterval(timer))
  })
}

const answering = () =>
  rawReceiver(cleanup, (socket) =>
    onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')),
  )

describe('the total deadline', () => {
  it.each([
    ['a silent receiver', () => undefined],
    ['headers that drip', dripping('HTTP/1.1 200 OK\r\n', 'x')],
    ['a body that drips', dripping('HTTP/1.1 200 OK\r\ncontent-length: 16000\r\n\r\n', 'x')],
    ['a few interim answers and silence', dripping('HTTP/1.1 103 Early Hints\r\n\r\n', '')],
    ['a receiver that reads nothing', (socket: Socket) => void socket.pause()],
  ] as [string, (socket: Socket) => void][])('ends %s and frees the socket', async (name, behave) => {
    const receiver = await rawReceiver(cleanup, behave)
    const body = Buffer.alloc(name.includes('reads nothing') ? 32 * 1024 * 1024 : 10, 0x61)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { body, timeoutMs: TIMEOUT_MS }))
    expect(outcome.result).toEqual({ kind: 'timedOut' })
    expect(outcome.error?.code).toBe('timeout')
    expect(outcome.durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 5)
    expect(outcome.durationMs).toBeLessThan(PATIENCE_MS)
    // A receiver that reads nothing only notices the end when it reads on.
    await closed(receiver.sockets[0]!.resume())
  })

  it('a flood of interim answers is no answer', async () => {
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, () => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000))),
    )
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.error?.code).toBe('protocol')
  })

  it('covers a connection that never comes about', async () => {
    const blackhole = senderOf(cleanup, {
      dial: (_target, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        }),
    })
    const outcome = await blackhole.send(requestTo('http://127.0.0.1:9/', { timeoutMs: TIMEOUT_MS }))
    expect(outcome.error?.code).toBe('timeout')
    expect(outcome.durationMs).toBeLessThan(PATIENCE_MS)
  })

  it('a connection has its own, shorter limit', async () => {
    const sender = senderOf(cleanup, {
      connectTimeoutMs: 200,
      dial: (_target, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        }),
    })
    const outcome = await sender.send(requestTo('http://127.0.0.1:9/', { timeoutMs: 60_000 }))
    expect(outcome.result).toEqual({ kind: 'timedOut' })
    expect(outcome.error?.code).toBe('connect_timeout')
    expect(outcome.durationMs).toBeLessThan(PATIENCE_MS)
  })

  it('a TLS handshake that is never answered ends', async () => {
    const receiver = await rawReceiver(cleanup, () => undefined)
    const sender = senderOf(cleanup, { connectTimeoutMs: 300 })
    const outcome = await sender.send(requestTo(`https://127.0.0.1:${receiver.port}/`))
    expect(outcome.error?.code).toBe('connect_timeout')
    expect(receiver.received()).not.toContain('webhook-id')
  })

  it('nothing is written after it, even when the process was frozen while it connected', async () => {
    const receiver = await rawReceiver(cleanup, () => undefined)
    const { dial } = recordingDial()
    let nowMs = 0
    const sender = senderOf(cleanup, {
      monotonicMs: () => nowMs,
      dial: async (target, signal) => {
        const socket = await dial(target, signal)
        // The clock jumps while the timer has not run: this is what waking up looks like.
        nowMs = 10_000
        return socket
      },
    })
    const outcome = await sender.send(requestTo(receiver.url, { timeoutMs: 5_000 }))
    expect(outcome.result).toEqual({ kind: 'timedOut' })
    expect(receiver.received()).toBe('')
  })

  it.each(['fresh', 'kept'] as const)(
    'nothing is written on a %s connection when leave is withdrawn before the write',
    async (kind) => {
      const receiver = await answering()
      const sender = senderOf(cleanup)
      if (kind === 'kept') await sender.send(requestTo(receiver.url))
      const before = receiver.received()
      expect(await sender.send(requestTo(receiver.url), { mayWrite: () => false })).toBeNull()
      // What was written before its connection closed has arrived when the other side sees the close.
      await closed(receiver.sockets[0]!)
      expect(receiver.received()).toBe(before)
    },
  )

  it('counts from when the request was prepared, not from when it was handed over', async () => {
    const receiver = await answering()
    const sender = senderOf(cleanup)
    const tooLate = { startedMs: performance.now() - 5_000 }
    const outcome = await sender.send(requestTo(receiver.url, { timeoutMs: 5_000 }), tooLate)
    expect(outcome).toMatchObject({ result: { kind: 'timedOut' } })
    expect(receiver.received()).toBe('')
  })

  it('a refused connection is told at once', async () => {
    const receiver = await rawReceiver(cleanup, () => undefined)
    await cleanup.run()
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome.result).toEqual({ kind: 'unreachable', status: null, code: 'connect' })
    expect(outcome.error?.message).toBe('no connection could be made: ECONNREFUSED')
  })
})
