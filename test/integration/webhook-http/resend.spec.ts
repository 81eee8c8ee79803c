import { afterEach, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import { makeCertificate } from './make-certificate.js'
import { Cleanup, recordingDial, LOCAL, listen, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const numbered = (n: number) => requestTo('', { headers: { 'webhook-id': `msg_${n}` } })

/** Answers the first request of its first connection; `behave` has the second one. Further connections are answered, unless `onFurther` says otherwise. */
async function closing(
  behave: (socket: Socket) => void,
  onFurther: (socket: Socket) => void = (socket) => socket.write(OK),
) {
  const ids: string[] = []
  const receiver = await rawReceiver(cleanup, (socket) => {
    const isFirst = receiver.sockets.length === 1
    onRequest(socket, (count, text) => {
      ids.push(/webhook-id: (\S+)/.exec(text)?.[1] ?? '')
      if (!isFirst) onFurther(socket)
      else if (count === 1) socket.write(OK)
      else behave(socket)
    })
  })
  return { receiver, ids }
}

const closings: [string, (socket: Socket) => void][] = [
  ['closes', (socket) => socket.end()],
  ['resets', (socket) => socket.resetAndDestroy()],
]

describe('a kept connection that the receiver closes under a request', () => {
  it.each(closings)(
    'costs no attempt when it %s: the request is sent once more, on a fresh one',
    async (_case, close) => {
      const { receiver, ids } = await closing(close)
      const sender = senderOf(cleanup)
      expect(await sender.send({ ...numbered(1), url: receiver.url })).toMatchObject({ isResent: false })
      const outcome = await sender.send({ ...numbered(2), url: receiver.url })
      expect(outcome).toMatchObject({ result: { kind: 'accepted', status: 200 }, error: null, isResent: true })
      expect(ids).toEqual(['msg_1', 'msg_2', 'msg_2'])
      expect(receiver.sockets).toHaveLength(2)
    },
  )

  it('costs no attempt under TLS', async () => {
    const authority = makeCertificate({ name: 'Test authority', isCa: true })
    const { cert, key } = makeCertificate({ name: 'localhost', issuer: authority })
    let sessions = 0
    const server = createServer({ cert, key }, (socket) => {
      const isFirst = (sessions += 1) === 1
      socket.on('error', () => socket.destroy())
      onRequest(socket, (count) => (isFirst && count === 2 ? socket.destroy() : socket.write(OK)))
      cleanup.add(async () => socket.destroy())
    })
    const port = await listen(cleanup, server)
    const sender = senderOf(cleanup, { ca: authority.cert, systemResolver: { resolve: async () => ['127.0.0.1'] } })
    await sender.send(requestTo(`https://localhost:${port}/`))
    const outcome = await sender.send(requestTo(`https://localhost:${port}/`))
    expect(outcome).toMatchObject({ result: { kind: 'accepted' }, isResent: true })
    expect(sessions).toBe(2)
  })

  it('costs no attempt when only a part of the request had left', async () => {
    const body = Buffer.alloc(32 * 1024 * 1024, 0x61)
    const bodies: number[] = []
    const receiver = await rawReceiver(cleanup, (socket) => {
      let bytes = 0
      let isSecond = false
      const isFirstSocket = receiver.sockets.length === 1
      socket.on('data', (chunk) => {
        bytes += chunk.length
        if (isSecond && bytes > 100_000) {
          socket.resetAndDestroy()
        } else if (isFirstSocket && !isSecond) {
          isSecond = true
          bytes = 0
          socket.write(OK)
        } else if (bytes > body.length) {
          bodies.push(bytes)
          socket.write(OK)
        }
      })
    })
    const sender = senderOf(cleanup)
    await sender.send(requestTo(receiver.url))
    const outcome = await sender.send(requestTo(receiver.url, { body, timeoutMs: 20_000 }))
    expect(outcome).toMatchObject({ result: { kind: 'accepted' }, isResent: true })
    expect(bodies).toHaveLength(1)
  })

  it('is replaced without sending anything twice when it was closed before the request was written', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.end(OK)))
    const sender = senderOf(cleanup)
    for (let n = 0; n < 40; n += 1) {
      expect(await sender.send(requestTo(receiver.url))).toMatchObject({
        result: { kind: 'accepted' },
        isResent: false,
      })
    }
    expect(receiver.received().match(/POST/g)).toHaveLength(40)
  })

  it.each([0, 1, 5, 49, 50, 51])(
    'costs none of 40 deliveries when it is closed %i ms after each answer',
    async (afterMs) => {
      const receiver = await rawReceiver(cleanup, (socket) =>
        onRequest(socket, () => {
          socket.write(OK)
          setTimeout(() => socket.destroy(), afterMs)
        }),
      )
      const sender = senderOf(cleanup)
      for (let n = 0; n < 40; n += 1) {
        expect(await sender.send(requestTo(receiver.url))).toMatchObject({ result: { kind: 'accepted' } })
      }
    },
  )
})

describe('a request is never sent a second time', () => {
  it.each([
    ['a byte of an answer', 'H'],
    ['a status line', 'HTTP/1.1 200 OK\r\n'],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'],
    ['bytes that are no answer', 'x'],
  ])('after %s', async (_case, text) => {
    for (const [, close] of closings) {
      const { receiver, ids } = await closing((socket) => socket.write(text, () => setTimeout(() => close(socket), 20)))
      const sender = senderOf(cleanup)
      await sender.send({ ...numbered(1), url: receiver.url })
      const outcome = await sender.send({ ...numbered(2), url: receiver.url })
      expect(outcome).toMatchObject({ result: { kind: 'unreachable' }, isResent: false })
      expect(ids).toEqual(['msg_1', 'msg_2'])
    }
  })

  it.each(closings)('on a fresh connection that %s', async (_case, close) => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => close(socket)))
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url))
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'reset' }, response: null, isResent: false })
    expect(receiver.received().match(/POST/g)).toHaveLength(1)
  })

  it.each(closings)('more than once, although the fresh connection %s too', async (_case, close) => {
    const { receiver, ids } = await closing(close, close)
    const sender = senderOf(cleanup)
    await sender.send({ ...numbered(1), url: receiver.url })
    const outcome = await sender.send({ ...numbered(2), url: receiver.url })
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'reset' }, isResent: true })
    expect(ids).toEqual(['msg_1', 'msg_2', 'msg_2'])
  })

  it('because no answer came in time', async () => {
    const { receiver, ids } = await closing(() => undefined)
    const sender = senderOf(cleanup)
    await sender.send({ ...numbered(1), url: receiver.url })
    const outcome = await sender.send({ ...numbered(2), url: receiver.url, timeoutMs: 300 })
    expect(outcome).toMatchObject({ result: { kind: 'timedOut' }, isResent: false })
    expect(ids).toEqual(['msg_1', 'msg_2'])
  })

  it('without leave', async () => {
    const { receiver, ids } = await closing((socket) => socket.end())
    const { dial, dialled } = recordingDial()
    const sender = senderOf(cleanup, { dial })
    await sender.send({ ...numbered(1), url: receiver.url })
    let writes = 1
    const outcome = await sender.send({ ...numbered(2), url: receiver.url }, { mayWrite: () => writes-- > 0 })
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'reset' }, isResent: false })
    expect(ids).toEqual(['msg_1', 'msg_2'])
    expect(dialled).toHaveLength(1)
  })

  it('when leave is withdrawn while it connects', async () => {
    const { receiver, ids } = await closing((socket) => socket.end())
    let mayWrite = true
    let dials = 0
    const sender = senderOf(cleanup, {
      dial: async (target, signal) => {
        const socket = await recordingDial().dial(target, signal)
        if ((dials += 1) === 2) mayWrite = false
        return socket
      },
    })
    await sender.send({ ...numbered(1), url: receiver.url })
    const outcome = await sender.send({ ...numbered(2), url: receiver.url }, { mayWrite: () => mayWrite })
    expect(dials).toBe(2)
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'reset' }, isResent: false })
    expect(ids).toEqual(['msg_1', 'msg_2'])
  })

  it('after its time, even when the process was frozen while it connected', async () => {
    const { receiver, ids } = await closing((socket) => socket.end())
    let nowMs = 0
    let dials = 0
    const sender = senderOf(cleanup, {
      monotonicMs: () => nowMs,
      dial: async (target, signal) => {
        const socket = await recordingDial().dial(target, signal)
        // The clock jumps while the timer has not run: this is what waking up looks like.
        if ((dials += 1) === 2) nowMs += 10_000
        return socket
      },
    })
    await sender.send({ ...numbered(1), url: receiver.url })
    nowMs += 100
    const outcome = await sender.send({ ...numbered(2), url: receiver.url })
    expect(outcome).toMatchObject({ result: { kind: 'timedOut' }, isResent: false })
    expect(ids).toEqual(['msg_1', 'msg_2'])
  })
})

it('both times share one deadline', async () => {
  const { receiver } = await closing(
    (socket) => setTimeout(() => socket.end(), 300),
    () => undefined,
  )
  const sender = senderOf(cleanup, { allowTargets: LOCAL })
  await sender.send(requestTo(receiver.url))
  const outcome = await sender.send(requestTo(receiver.url, { timeoutMs: 1_000 }))
  expect(outcome).toMatchObject({ result: { kind: 'timedOut' }, isResent: true })
  expect(outcome.durationMs).toBeGreaterThanOrEqual(995)
  // A deadline of its own would have lasted until 1,300 ms at least.
  expect(receiver.sockets).toHaveLength(2)
})
