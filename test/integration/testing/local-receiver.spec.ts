import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { request } from 'node:http'
import { eventually, LocalReceiver, status } from '@hooklane/testing'

function post(url: string, body: string): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.end(body)
  })
}

describe('local receiver', () => {
  let receiver: LocalReceiver
  beforeEach(async () => {
    receiver = await LocalReceiver.start()
  })
  afterEach(() => receiver.close())

  it('writes requests down in order, byte for byte', async () => {
    expect(await post(receiver.url('/a?x=1'), '{"n":1}')).toBe(200)
    expect(await post(receiver.url('/b'), 'é')).toBe(200)
    expect(receiver.requests.map(({ index, path, answered }) => [index, path, answered])).toEqual([
      [0, '/a', 200],
      [1, '/b', 200],
    ])
    expect(receiver.bodiesAt('/a')).toEqual([{ n: 1 }])
    expect(receiver.at('/b')[0]?.body).toEqual(Buffer.from('é'))
  })

  it('follows its script, and stays at the last answer', async () => {
    receiver.script('/a', [status(500), { kind: 'reset' }, { kind: 'delay', ms: 20, then: status(202) }])
    const answers = []
    for (let n = 0; n < 4; n += 1) answers.push(await post(receiver.url('/a'), ''))
    expect(answers).toEqual([500, 'ECONNRESET', 202, 202])
    receiver.script('/a', ({ body }, count) => status(body.length > 0 ? 400 : 200 + count))
    expect(await post(receiver.url('/a'), 'x')).toBe(400)
    expect(await post(receiver.url('/a'), '')).toBe(202)
  })

  it('hangs until it is released, and knows which requests overlapped', async () => {
    receiver.script('/a', { kind: 'hang' })
    const both = [post(receiver.url('/a'), '1'), post(receiver.url('/a'), '2')]
    await eventually(() => expect(receiver.at('/a')).toHaveLength(2), { withinMs: 20_000 })
    expect(receiver.overlapsAt('/a')).toHaveLength(1)
    receiver.releaseHanging()
    expect(await Promise.all(both)).toEqual([200, 200])
    await post(receiver.url('/b'), '1')
    await post(receiver.url('/b'), '2')
    expect(receiver.overlapsAt('/b')).toEqual([])
  })
})
