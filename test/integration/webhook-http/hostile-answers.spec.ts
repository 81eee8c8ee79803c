import { afterEach, describe, expect, it } from '@jest/globals'
import { Cleanup, closed, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

/** Answers every request with these bytes; `isEnded`: and ends its side. */
async function outcomeOf(text: string, isEnded = false) {
  const receiver = await rawReceiver(cleanup, (socket) =>
    onRequest(socket, () => {
      if (isEnded) socket.end(text, 'latin1')
      else socket.write(text, 'latin1')
    }),
  )
  const { result, error, response } = await senderOf(cleanup).send(requestTo(receiver.url))
  return {
    result: result.kind,
    code: error?.code ?? null,
    status: response?.status ?? null,
    message: error?.message,
    receiver,
  }
}

const LENGTH_0 = 'Content-Length: 0\r\n\r\n'

describe('an answer that HTTP/1.1 can read', () => {
  it.each([
    ['204 that claims a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n', 204],
    ['204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', 204],
    ['204 with a body that it does not announce', 'HTTP/1.1 204 No Content\r\n\r\nhello', 204],
    ['204 in chunks', 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n', 204],
    ['200 after a 100 that nobody asked for', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH_0}`, 200],
    [
      '200 after several interim answers',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 X\r\n\r\nHTTP/1.1 103 X\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH_0}`,
      200,
    ],
    [
      '200 with both lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      200,
    ],
    ['200 in lines that end with LF alone', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 200],
    ['200 with a folded header', `HTTP/1.1 200 OK\r\nX: a\r\n b\r\n${LENGTH_0}`, 200],
    ['200 with a blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n', 200],
    ['200 with letters beyond ASCII', `HTTP/1.1 200 OK\r\nX: caf\xe9\r\n${LENGTH_0}`, 200],
    ['200 without a reason', `HTTP/1.1 200\r\n${LENGTH_0}`, 200],
    ['205', `HTTP/1.1 205 Reset Content\r\n${LENGTH_0}`, 205],
    ['200 of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nok', 200],
  ])('is accepted: %s', async (_case, text, status) => {
    const { receiver, message, ...outcome } = await outcomeOf(text, text.startsWith('HTTP/1.0'))
    expect(outcome).toEqual({ result: 'accepted', code: null, status })
    expect(message).toBeUndefined()
    expect(receiver.sockets).toHaveLength(1)
  })

  it.each([
    [
      '304 with the length of what it does not send',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
      'rejected',
      'redirect',
      304,
    ],
    [
      '101: the receiver left HTTP',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'unreachable',
      'http_101',
      101,
    ],
    ['a status beyond those of HTTP', `HTTP/1.1 999 X\r\n${LENGTH_0}`, 'unreachable', 'http_999', 999],
    ['a status below those of HTTP', `HTTP/1.1 099 X\r\n${LENGTH_0}`, 'unreachable', 'http_99', 99],
  ])('is told by its status: %s', async (_case, text, result, code, status) => {
    expect(await outcomeOf(text)).toMatchObject({ result, code, status })
  })
})

describe('an answer that nobody can read', () => {
  it.each([
    [
      'two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
      'protocol',
      'bad length',
      200,
    ],
    ['a length below nothing', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'protocol', 'bad length', 200],
    [
      'a chunk without a size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nok\r\n0\r\n\r\n',
      'protocol',
      'bad chunk',
      200,
    ],
    [
      'both lengths and no chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok\r\n',
      'protocol',
      'bad chunk',
      200,
    ],
    ['a line that is no header', `HTTP/1.1 503 OK\r\nhello\r\n${LENGTH_0}`, 'protocol', 'bad header line', 503],
    [
      'headers without end',
      `HTTP/1.1 200 OK\r\n${'X: aaaaaaaaaaaaaaaa\r\n'.repeat(2_000)}`,
      'protocol',
      'headers too large',
      200,
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.0\r\n', 'protocol', 'no status line', null],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${LENGTH_0}`, 'protocol', 'no status line', null],
    [
      'interim answers without end',
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50),
      'protocol',
      'too many interim answers',
      null,
    ],
  ])('fails by name, with its status where that came: %s', async (_case, text, code, detail, status) => {
    const { receiver, ...outcome } = await outcomeOf(text)
    expect(outcome).toMatchObject({
      result: 'unreachable',
      code,
      status,
      message: expect.stringMatching(`: ${detail}$`),
    })
    await closed(receiver.sockets[0]!)
  })

  it.each([
    ['in its headers', 'HTTP/1.1 200 OK\r\nContent-Le', 200],
    ['in its body', 'HTTP/1.1 500 X\r\nContent-Length: 9\r\n\r\nhalf', 500],
    ['after an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n', null],
  ])('is incomplete when the receiver ends it %s', async (_case, text, status) => {
    expect(await outcomeOf(text, true)).toMatchObject({ result: 'unreachable', code: 'incomplete', status })
  })
})

describe('a receiver that writes more than its answer', () => {
  it.each([
    ['a body of its 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n', '{}'],
    [
      'a body of its 204 in chunks',
      'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
      '2\r\n{}\r\n0\r\n\r\n',
    ],
    ['a body of its 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n', 'ok'],
    ['a line', `HTTP/1.1 200 OK\r\n${LENGTH_0}`, '\r\n'],
  ])('gets every delivery all the same: %s', async (_case, answer, more) => {
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, () => {
        socket.write(answer)
        setTimeout(() => socket.write(more), 2)
      }),
    )
    const sender = senderOf(cleanup)
    const status = Number(answer.slice(9, 12))
    for (let n = 0; n < 5; n += 1) {
      const outcome = await sender.send(requestTo(receiver.url))
      expect(outcome).toMatchObject({ response: { status, body: '' }, isResent: false })
    }
  })
})
