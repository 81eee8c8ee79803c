import { afterEach, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { Cleanup, closed, recordingDial, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const POISON = 'HTTP/1.1 200 OK\r\nx-poison: 1\r\ncontent-length: 2\r\n\r\nok'

/** Answers the first request of each connection twice, as `twice` does it; whatever else comes is refused, so that an acceptance can only be stolen. */
const answeringTwice = (twice: (socket: Socket) => void) =>
  rawReceiver(cleanup, (socket) =>
    onRequest(socket, (count) => {
      if (count === 1) twice(socket)
      else setTimeout(() => socket.write('HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n'), 100)
    }),
  )

const twice: [string, (socket: Socket) => void][] = [
  ['in one packet', (socket) => socket.write(OK + POISON)],
  [
    'one packet after the other',
    (socket) => {
      socket.setNoDelay(true)
      socket.write(OK)
      socket.write(POISON)
    },
  ],
  [
    'in the next turn of its event loop',
    (socket) => {
      socket.setNoDelay(true)
      socket.write(OK)
      setImmediate(() => socket.write(POISON))
    },
  ],
  [
    '3 ms later',
    (socket) => {
      socket.write(OK)
      setTimeout(() => socket.write(POISON), 3)
    },
  ],
  [
    '20 ms later',
    (socket) => {
      socket.write(OK)
      setTimeout(() => socket.write(POISON), 20)
    },
  ],
]

describe('a second answer', () => {
  it.each(twice)('acknowledges none of the next requests: %s', async (_case, answer) => {
    const receiver = await answeringTwice(answer)
    const sender = senderOf(cleanup)
    for (let n = 0; n < 40; n += 1) {
      // Different apps at one origin: what one of them causes must not reach the other.
      const outcome = await sender.send(requestTo(`${receiver.url}?app=${n % 2}`))
      expect(outcome).toMatchObject({
        result: { kind: 'accepted' },
        response: { headers: { 'content-length': '2' } },
        isResent: false,
      })
      expect(outcome.response!.headers).not.toHaveProperty('x-poison')
    }
    expect(receiver.received().match(/POST/g)).toHaveLength(40)
  })

  it('to a request that is still waiting to be written settles nothing: it goes on a fresh connection', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const sender = senderOf(cleanup)
    await sender.send(requestTo(receiver.url))
    const second = sender.send(requestTo(receiver.url))
    receiver.sockets[0]!.write(POISON)
    const outcome = await second
    expect(outcome).toMatchObject({ result: { kind: 'accepted' }, isResent: false })
    expect(outcome.response!.headers).not.toHaveProperty('x-poison')
    expect(receiver.sockets).toHaveLength(2)
    await closed(receiver.sockets[0]!)
  })
})

describe('an answer before the request', () => {
  it('settles nothing on a fresh connection either: nothing is written, and the failure has a name', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => socket.write(OK))
    // A connection on which the answer has arrived by the time that it is handed over.
    const sender = senderOf(cleanup, {
      dial: async (target, signal) => {
        const socket = await recordingDial().dial(target, signal)
        await new Promise((resolve) => socket.once('readable', resolve))
        return socket
      },
    })
    const outcome = await sender.send(requestTo(receiver.url))
    expect(outcome).toMatchObject({
      result: { kind: 'unreachable', code: 'protocol' },
      response: null,
      error: { message: 'the answer is not valid HTTP/1.1: it arrived before the request was written' },
    })
    expect(receiver.sockets).toHaveLength(1)
    expect(receiver.received()).toBe('')
  })
})

describe('an origin that sent bytes belonging to no request', () => {
  it('gets a connection per request for ten minutes, then kept ones again', async () => {
    let nowMs = 0
    const distrusted: string[] = []
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, () => socket.write(receiver.sockets.length === 1 ? OK + POISON : OK)),
    )
    const sender = senderOf(cleanup, { monotonicMs: () => nowMs, onDistrusted: (origin) => distrusted.push(origin) })
    await sender.send(requestTo(receiver.url))
    expect(distrusted).toEqual([new URL(receiver.url).origin])
    for (let n = 0; n < 3; n += 1) await sender.send(requestTo(receiver.url))
    expect(receiver.sockets).toHaveLength(4)
    expect(receiver.received().match(/connection: (\S+)/g)).toEqual([
      'connection: keep-alive',
      ...Array.from({ length: 3 }, () => 'connection: close'),
    ])
    nowMs = 600_000
    for (let n = 0; n < 3; n += 1) await sender.send(requestTo(receiver.url))
    expect(receiver.sockets).toHaveLength(5)
  })

  it('is not one that says 408 before it closes an idle connection', async () => {
    const distrusted: string[] = []
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const sender = senderOf(cleanup, { onDistrusted: (origin) => distrusted.push(origin) })
    await sender.send(requestTo(receiver.url))
    receiver.sockets[0]!.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    await closed(receiver.sockets[0]!)
    for (let n = 0; n < 3; n += 1) {
      expect((await sender.send(requestTo(receiver.url))).result.kind).toBe('accepted')
    }
    expect(distrusted).toEqual([])
    expect(receiver.sockets).toHaveLength(2)
  })

  it('loses all its idle connections, another origin none', async () => {
    const answer = (socket: Socket) => onRequest(socket, () => setTimeout(() => socket.write(OK), 50))
    const [bad, good] = [await rawReceiver(cleanup, answer), await rawReceiver(cleanup, answer)]
    const sender = senderOf(cleanup)
    const requests = [bad, bad, good].map((receiver) => sender.send(requestTo(receiver.url)))
    await Promise.all(requests)
    bad.sockets[0]!.write(POISON)
    await Promise.all(bad.sockets.map(closed))
    await sender.send(requestTo(good.url))
    expect(good.sockets).toHaveLength(1)
  })
})

describe('an answer before the whole request had left', () => {
  const big = Buffer.alloc(64 * 1024 * 1024, 0x61)
  /** Answers when it has seen the first bytes, and reads no further. */
  const early = (text: string) =>
    rawReceiver(cleanup, (socket) =>
      socket.once('data', () => {
        socket.pause()
        socket.write(text)
      }),
    )

  it('can refuse it, and ends the connection', async () => {
    const receiver = await early('HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n')
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { body: big }))
    expect(outcome.result).toEqual({ kind: 'rejected', status: 413 })
    expect(outcome.error?.code).toBe('http_413')
    await closed(receiver.sockets[0]!.resume())
  })

  it('cannot accept it', async () => {
    const receiver = await early(OK)
    const outcome = await senderOf(cleanup).send(requestTo(receiver.url, { body: big }))
    expect(outcome).toMatchObject({ result: { kind: 'unreachable', code: 'incomplete' }, response: { status: 200 } })
  })
})
