import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { AnswerReader, type AnswerFault, type AnswerProgress } from './answer-reader.js'

const CLOSE: unique symbol = Symbol('the receiver ends its side')

/** Reads an answer that arrives in these pieces, and returns the result. */
function read(...pieces: (Buffer | string | typeof CLOSE)[]) {
  const reader = new AnswerReader()
  let progress: AnswerProgress = 'more'
  for (const piece of pieces) {
    progress = piece === CLOSE ? reader.end() : reader.take(Buffer.from(piece as string, 'latin1'))
  }
  const response = reader.response()
  return { progress, status: response?.status ?? null, response, reader }
}

const head = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const OK = head('HTTP/1.1 200 OK', 'Content-Length: 2') + 'ok'

describe('where an answer ends (RFC 9112, 6.3)', () => {
  it.each<[string, string, { body?: string; reusable: boolean }]>([
    ['a length', OK, { body: 'ok', reusable: true }],
    ['a length of 0', head('HTTP/1.1 200 OK', 'Content-Length: 0'), { reusable: true }],
    [
      'the same length twice',
      head('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 2') + 'ok',
      { body: 'ok', reusable: true },
    ],
    [
      'the same length twice, in a list',
      head('HTTP/1.1 200 OK', 'Content-Length: 2, 2') + 'ok',
      { body: 'ok', reusable: true },
    ],
    [
      'chunks',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '2\r\nok\r\n0\r\n\r\n',
      { body: 'ok', reusable: true },
    ],
    [
      'chunks with extensions and a trailer',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '2 ;a="b"\r\nok\r\n000;x\r\nX-T: 1\r\n\r\n',
      { body: 'ok', reusable: true },
    ],
    [
      'chunks of another coding',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, Chunked') + '0\r\n\r\n',
      { reusable: true },
    ],
    [
      'chunks and a length: the chunks count',
      head('HTTP/1.1 200 OK', 'Content-Length: 7', 'Transfer-Encoding: chunked') + '2\r\nok\r\n0\r\n\r\n',
      { body: 'ok', reusable: false },
    ],
    [
      'the obsolete coding `identity`',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: identity', 'Content-Length: 2') + 'ok',
      { body: 'ok', reusable: true },
    ],
    ['204', head('HTTP/1.1 204 No Content'), { reusable: true }],
    ['204 with a length of 0', head('HTTP/1.1 204 No Content', 'Content-Length: 0'), { reusable: true }],
    ['204 that claims a length', head('HTTP/1.1 204 No Content', 'Content-Length: 5'), { reusable: false }],
    [
      '204 with the body that it claims',
      head('HTTP/1.1 204 No Content', 'Content-Length: 5') + 'hello',
      { reusable: false },
    ],
    [
      '204 that claims chunks',
      head('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      { reusable: false },
    ],
    ['204 with a body that it does not announce', head('HTTP/1.1 204 No Content') + 'hello', { reusable: false }],
    [
      '204 with lengths that contradict each other',
      head('HTTP/1.1 204 No Content', 'Content-Length: 1, 2'),
      { reusable: false },
    ],
    [
      '304 with the length of the body that it does not send',
      head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'),
      { reusable: true },
    ],
    ['205 without a body', head('HTTP/1.1 205 Reset Content', 'Content-Length: 0'), { reusable: true }],
    [
      '101: the receiver left HTTP',
      head('HTTP/1.1 101 Switching Protocols', 'Upgrade: x') + '\x81\x05hello',
      { reusable: false },
    ],
    ['`Connection: close`', head('HTTP/1.1 200 OK', 'Connection: x, Close', 'Content-Length: 0'), { reusable: false }],
    ['HTTP/1.0', head('HTTP/1.0 200 OK', 'Content-Length: 0'), { reusable: false }],
    [
      'HTTP/1.0 with keep-alive',
      head('HTTP/1.0 200 OK', 'Connection: keep-alive', 'Content-Length: 0'),
      { reusable: true },
    ],
    [
      'chunks in HTTP/1.0',
      head('HTTP/1.0 200 OK', 'Connection: keep-alive', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      { reusable: false },
    ],
    ['bytes after its end', OK + 'H', { body: 'ok', reusable: false }],
  ])('%s', (_case, text, { body = '', reusable }) => {
    const { progress, response, status, reader } = read(text)
    expect({ progress, status, body: response?.body }).toEqual({
      progress: 'complete',
      status: Number(text.slice(9, 12)),
      body,
    })
    expect(reader.canReuseConnection()).toBe(reusable)
  })

  it.each([
    ['no length at all', head('HTTP/1.1 200 OK') + 'fine'],
    ['an unknown coding', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, gzip', 'Content-Length: 1') + 'fine'],
    ['HTTP/1.0', head('HTTP/1.0 200 OK', 'Connection: keep-alive') + 'fine'],
  ])('with the connection: %s', (_case, text) => {
    expect(read(text)).toMatchObject({ progress: 'more', status: 200 })
    const ended = read(text, CLOSE)
    expect(ended).toMatchObject({ progress: 'complete', response: { body: 'fine' } })
    expect(ended.reader.canReuseConnection()).toBe(false)
  })

  it.each([
    ['in its length', head('HTTP/1.1 200 OK', 'Content-Length: 9') + 'half'],
    ['in a chunk', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '9\r\nhalf'],
    ['before the last chunk', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '4\r\nhalf\r\n'],
    ['in the trailer', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '0\r\nX: 1\r\n'],
    ['in its headers', 'HTTP/1.1 200 OK\r\nContent-'],
  ])('not with a connection that ends %s: its status is known', (_case, text) => {
    expect(read(text, CLOSE)).toMatchObject({ progress: 'more', status: 200 })
  })
})

describe('interim answers', () => {
  it('are skipped, requested or not, whatever length they claim', () => {
    const interim =
      head('HTTP/1.1 100 Continue') +
      head('HTTP/1.1 102 Processing', 'Content-Length: 5') +
      head('HTTP/1.1 103 X', 'Transfer-Encoding: chunked')
    const { progress, response, reader } = read(interim + OK)
    expect({ progress, response }).toEqual({
      progress: 'complete',
      response: { status: 200, headers: { 'content-length': '2' }, body: 'ok' },
    })
    expect(reader.canReuseConnection()).toBe(true)
  })

  it('do not count as the answer', () => {
    expect(read(head('HTTP/1.1 100 Continue'), CLOSE)).toMatchObject({ progress: 'more', status: null })
  })

  it('are refused when there are too many', () => {
    expect(read(head('HTTP/1.1 103 Early Hints').repeat(17)).reader.fault).toBe('too many interim answers')
    expect(read(head('HTTP/1.1 103 Early Hints').repeat(16) + OK).progress).toBe('complete')
  })
})

describe('an invalid answer', () => {
  it.each<[string, string, AnswerFault, number | null]>([
    ['another protocol', 'SSH-2.0-OpenSSH_9.0\r\n', 'no status line', null],
    ['a TLS record, which has no line', '\x15\x03\x01\x00\x02\x02\x46', 'no status line', null],
    ['the beginning of another word', 'HTTQ', 'no status line', null],
    ['another word after an empty line', '\r\nX', 'no status line', null],
    ['a status of two digits', 'HTTP/1.1 20 X\r\n', 'no status line', null],
    ['a status of four digits', 'HTTP/1.1 2000 X\r\n', 'no status line', null],
    ['no status', 'HTTP/1.1 000 X\r\n', 'no status line', null],
    ['a CR in the status line', 'HTTP/1.1 200 O\rK\r\n', 'no status line', null],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nX\r\n', 'bad header line', 200],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n', 'bad header line', 200],
    ['an invalid header name', 'HTTP/1.1 200 OK\r\nTransfer-Encoding\x0b: chunked\r\n', 'bad header line', 200],
    ['a fold without a header', 'HTTP/1.1 503 OK\r\n x: y\r\n', 'bad header line', 503],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nX: a\0b\r\n', 'bad header line', 200],
    ['a CR in a value', 'HTTP/1.1 200 OK\r\nX: a\rContent-Length: 0\r\n', 'bad header line', 200],
    ['headers above 16 KiB', `HTTP/1.1 500 X\r\nX: ${'a'.repeat(17_000)}`, 'headers too large', 500],
    [
      'headers above 16 KiB in total',
      `HTTP/1.1 500 X\r\n${`X: ${'a'.repeat(90)}\r\n`.repeat(200)}`,
      'headers too large',
      500,
    ],
    ['several lengths', head('HTTP/1.1 200 OK', 'Content-Length: 2', 'Content-Length: 3'), 'bad length', 200],
    ['a negative length', head('HTTP/1.1 200 OK', 'Content-Length: -1'), 'bad length', 200],
    ['a length with a sign', head('HTTP/1.1 200 OK', 'Content-Length: +1'), 'bad length', 200],
    ['a length in hexadecimal', head('HTTP/1.1 200 OK', 'Content-Length: 0x1'), 'bad length', 200],
    ['an empty length', head('HTTP/1.1 200 OK', 'Content-Length:'), 'bad length', 200],
    ['a chunk without a size', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + 'ZZ\r\n', 'bad chunk', 200],
    ['a chunk of negative size', head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '-1\r\n', 'bad chunk', 200],
    [
      'a chunk that is longer than its size',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '2\r\nokay\r\n',
      'bad chunk',
      200,
    ],
    [
      'a chunk that ends with LF alone',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + '2\nok\n',
      'bad chunk',
      200,
    ],
    [
      'a chunk line without end',
      head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') + `1;${'x'.repeat(5_000)}`,
      'bad chunk',
      200,
    ],
  ])('%s', (_case, text, fault, status) => {
    const { progress, reader, ...got } = read(text)
    expect({ progress, fault: reader.fault, status: got.status }).toEqual({ progress: 'invalid', fault, status })
    expect(reader.canReuseConnection()).toBe(false)
  })
})

describe('headers', () => {
  it.each([
    ['lines that end with LF alone', 'HTTP/1.1 200 OK\nX: a\nContent-Length: 0\n\n', { x: 'a' }],
    ['blanks before the colon', head('HTTP/1.1 200 OK', 'X \t: a', 'Content-Length : 0'), { x: 'a' }],
    ['a folded value', head('HTTP/1.1 200 OK', 'X:', ' a', '\t b ', 'Content-Length: 0'), { x: 'a b' }],
    ['no reason phrase', head('HTTP/1.1 200', 'Content-Length: 0'), {}],
    ['HTTP/2.0 in text', head('HTTP/2.0 200 OK', 'Content-Length: 0'), {}],
    ['an empty line before the status line', `\r\n${head('HTTP/1.1 200 OK', 'Content-Length: 0')}`, {}],
    ['control characters', head('HTTP/1.1 200 OK', 'X: a\x01b\x7f', 'Content-Length: 0'), { x: 'a\x01b\x7f' }],
    ['UTF-8', head('HTTP/1.1 200 OK', 'X: caf\xc3\xa9 \xc3\xa0', 'Content-Length: 0'), { x: 'café à' }],
    ['bytes that are not UTF-8', head('HTTP/1.1 200 OK', 'X: caf\xe9', 'Content-Length: 0'), { x: 'caf\ufffd' }],
    ['repeated headers', head('HTTP/1.1 200 OK', 'X: a', 'x: b', 'Content-Length: 0'), { x: 'a, b' }],
    [
      'names of object members',
      head('HTTP/1.1 200 OK', '__proto__: a', 'constructor: b', 'Content-Length: 0'),
      { ['__proto__']: 'a', constructor: 'b' },
    ],
  ])('%s are read', (_case, text, expected) => {
    const { progress, response } = read(text)
    expect(progress).toBe('complete')
    expect(Object.entries(response?.headers ?? {})).toEqual([...Object.entries(expected), ['content-length', '0']])
  })

  it('are kept up to 4 KiB', () => {
    const { response } = read(
      head('HTTP/1.1 200 OK', ...Array.from({ length: 100 }, (_, n) => `x-${n}: ${'a'.repeat(100)}`)),
    )
    expect(JSON.stringify(response?.headers).length).toBeLessThan(5_000)
  })

  it.each([
    ['timeout=5, max=100', 5],
    ['max=100,Timeout = 5', 5],
    ['max=1', null],
    ['xtimeout=5', null],
  ])('Keep-Alive: %s', (value, seconds) => {
    expect(read(head('HTTP/1.1 204 X', `Keep-Alive: ${value}`)).reader.keepAliveSeconds()).toBe(seconds)
  })

  it('the first Retry-After counts', () => {
    expect(read(head('HTTP/1.1 503 X', 'Retry-After: 7', 'retry-after: 9')).reader.retryAfter).toBe('7')
  })
})

describe('long bodies', () => {
  it.each([
    ['with a length', head('HTTP/1.1 500 X', 'Content-Length: 10737418240')],
    ['without one', head('HTTP/1.1 500 X')],
  ])('%s are cut at 16 KiB, and 4 KiB are kept', (_case, text) => {
    const { progress, response } = read(text, 'x'.repeat(16 * 1024), 'y')
    expect(progress).toBe('cut')
    expect(response?.body).toBe('x'.repeat(4096))
  })

  it('in chunks are cut by the bytes received, not by the decoded bytes', () => {
    const { progress, response } = read(
      head('HTTP/1.1 200 X', 'Transfer-Encoding: chunked'),
      `1;${'x'.repeat(900)}\r\na\r\n`.repeat(20),
    )
    expect(progress).toBe('cut')
    expect(response?.body).toMatch(/^a+$/)
  })
})

describe('however the bytes come', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 204 X\r\n',
        'HTTP/1.0 500 X\r\n',
        'HTTP/1.1 100 Continue\r\n\r\n',
        'HTTP/1.1 101 X\r\n',
        '\r\n',
        '\n',
        '\r',
        ' ',
      ],
      ...[
        'Content-Length: 2\r\n',
        'Content-Length: 70000\r\n',
        'content-length: x\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Connection: close\r\n',
        'X: y\r\n z\r\n',
      ],
      ...['2\r\nok\r\n', '0\r\n\r\n', 'ffffffffffffffff\r\n', 'ok', 'HTT', 'P/', 'x'.repeat(9_000), 'X: a\0b\r\n'],
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 5 }),
  )
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

  it('an answer is read the same', () => {
    fc.assert(
      fc.property(
        text,
        fc.array(fc.nat({ max: 20_000 }), { maxLength: 8 }),
        fc.boolean(),
        (bytes, places, isClosed) => {
          const cuts = [...new Set([0, ...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort(
            (a, b) => a - b,
          )
          const pieces = cuts.slice(1).map((to, index) => bytes.slice(cuts[index], to))
          const end: (typeof CLOSE)[] = isClosed ? [CLOSE] : []
          const [whole, parts] = [read(bytes, ...end), read(...pieces, ...end)]
          expect(parts.response).toEqual(whole.response)
          expect([parts.reader.fault, parts.reader.canReuseConnection()]).toEqual([
            whole.reader.fault,
            whole.reader.canReuseConnection(),
          ])
          if (pieces.length > 0) expect(parts.progress).toBe(whole.progress)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('one byte at a time is read the same', () => {
    fc.assert(
      fc.property(text, (bytes) => {
        const [whole, parts] = [read(bytes), read(...bytes.split(''))]
        expect(parts.response).toEqual(whole.response)
        expect(parts.reader.fault).toBe(whole.reader.fault)
      }),
      { numRuns: 300 },
    )
  })
})
