import { afterEach, describe, expect, it } from '@jest/globals'
import { connect } from 'node:net'
import { parseAllowTargets } from '@hooklane/webhook-http'
import { Cleanup, closed, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
describe('connections', () => {
  it('requests to one receiver, one after the other, share a connection', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const sender = senderOf(cleanup)
    for (let n = 0; n < 20; n += 1) {
      expect((await sender.send(requestTo(receiver.url))).result.kind).toBe('accepted')
    }
    expect(receiver.sockets).toHaveLength(1)
  })

  it('a request never shares its connection with another one that is under way', async () => {
    let inFlight = 0
    const receiver = await rawReceiver(cleanup, (socket) => {
      let isBusy = false
      onRequest(socket, () => {
        expect(isBusy).toBe(false)
        isBusy = true
        inFlight += 1
        setTimeout(() => {
          isBusy = false
          socket.write(OK)
        }, 20)
      })
    })
    const sender = senderOf(cleanup)
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => sender.send(requestTo(receiver.url))))
    expect(outcomes.map((outcome) => outcome.result.kind)).toEqual(Array.from({ length: 30 }, () => 'accepted'))
    expect(inFlight).toBe(30)
  })

  it('a public host gets no more than its share, and the rest waits its turn', async () => {
    // 127.0.0.1 stands in for a public address: the name is resolved and dialled by the test.
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, () => setTimeout(() => socket.write(OK), 20)),
    )
    let open = 0
    const sender = senderOf(cleanup, {
      allowTargets: parseAllowTargets(''),
      perHostMax: 3,
      resolver: { resolve: async () => ['93.184.215.14'] },
      dial: async () => {
        open += 1
        const socket = connect(receiver.port, '127.0.0.1')
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      },
    })
    const url = 'https://shop.example.com/hook'
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => sender.send(requestTo(url))))
    expect(outcomes.every((outcome) => outcome.result.kind === 'accepted')).toBe(true)
    expect(open).toBe(3)
    expect(receiver.sockets).toHaveLength(3)
  })

  it('a request that waited all its time for a connection says so', async () => {
    const receiver = await rawReceiver(cleanup, () => undefined)
    const sender = senderOf(cleanup, {
      allowTargets: parseAllowTargets(''),
      perHostMax: 1,
      resolver: { resolve: async () => ['93.184.215.14'] },
      dial: async () => {
        const socket = connect(receiver.port, '127.0.0.1')
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      },
    })
    const first = sender.send(requestTo('https://shop.example.com/', { timeoutMs: 1_500 }))
    const second = await sender.send(requestTo('https://shop.example.com/', { timeoutMs: 200 }))
    expect(second.result).toEqual({ kind: 'unreachable', status: null, code: 'host_busy' })
    expect((await first).result).toEqual({ kind: 'timedOut' })
  })

  it('bytes after an answer are never taken for the next one', async () => {
    const poison = 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned'
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, (count) => socket.write(receiver.sockets.length === 1 && count === 1 ? OK + poison : OK)),
    )
    const sender = senderOf(cleanup)
    expect((await sender.send(requestTo(receiver.url))).response?.body).toBe('ok')
    expect((await sender.send(requestTo(receiver.url))).response?.body).toBe('ok')
    expect(receiver.sockets).toHaveLength(2)
  })

  it('bytes on an idle connection are never taken for the next answer', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const sender = senderOf(cleanup)
    await sender.send(requestTo(receiver.url))
    const [first] = receiver.sockets
    first!.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned')
    await closed(first!)
    expect((await sender.send(requestTo(receiver.url))).response?.body).toBe('ok')
    expect(receiver.sockets).toHaveLength(2)
  })

  it('a failed connection is not used again', async () => {
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, () => {
        if (receiver.sockets.length === 1) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
        else socket.write(OK)
      }),
    )
    const sender = senderOf(cleanup)
    expect((await sender.send(requestTo(receiver.url))).result.kind).toBe('unreachable')
    expect((await sender.send(requestTo(receiver.url))).result.kind).toBe('accepted')
    expect(receiver.sockets).toHaveLength(2)
  })

  it('the receiver may close between two requests', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.end(OK)))
    const sender = senderOf(cleanup)
    for (let n = 0; n < 5; n += 1) {
      expect((await sender.send(requestTo(receiver.url))).result.kind).toBe('accepted')
      await closed(receiver.sockets[n]!)
    }
    expect(receiver.sockets).toHaveLength(5)
  })

  it('the longest idle connections are closed when there are too many', async () => {
    const receivers = await Promise.all(
      Array.from({ length: 4 }, () => rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))),
    )
    const sender = senderOf(cleanup, { maxIdleConnections: 2 })
    for (const receiver of receivers) await sender.send(requestTo(receiver.url))
    await closed(receivers[0]!.sockets[0]!)
    await closed(receivers[1]!.sockets[0]!)
    await sender.send(requestTo(receivers[3]!.url))
    expect(receivers[3]!.sockets).toHaveLength(1)
  })

  it('closing ends idle connections and lets a request in flight finish', async () => {
    const idle = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    let answer: () => void = () => undefined
    const busy = await rawReceiver(cleanup, (socket) => onRequest(socket, () => (answer = () => socket.write(OK))))
    const sender = senderOf(cleanup)
    await sender.send(requestTo(idle.url))
    const inFlight = sender.send(requestTo(busy.url))
    while (busy.received() === '') await new Promise((resolve) => setTimeout(resolve, 5))
    await sender.close()
    await closed(idle.sockets[0]!)
    answer()
    expect((await inFlight).result.kind).toBe('accepted')
    await closed(busy.sockets[0]!)
  })
})
