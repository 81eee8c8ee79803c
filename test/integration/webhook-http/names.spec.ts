import { afterEach, describe, expect, it } from '@jest/globals'
import type { SendOutcome } from '@hooklane/core/delivery'
import { CaresHostResolver, parseAllowTargets } from '@hooklane/webhook-http'
import { nameServer, type NameAnswer } from './name-server.js'
import { Cleanup, recordingDial, requestTo, senderOf } from './receivers.js'

/** Several times what a busy machine needs to begin all attempts and to end one: those that hang must outlast that one. */
const HANGING_MS = 10_000

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

async function resolverFor(answer: (name: string) => NameAnswer) {
  const { server, asked } = await nameServer(cleanup, answer)
  return { asked, resolver: new CaresHostResolver({ servers: [server], timeoutMs: 200, tries: 2 }) }
}

describe('resolving names', () => {
  it('gives the addresses of both families, asked by the full name alone', async () => {
    const { resolver, asked } = await resolverFor(() => ({ kind: 'addresses', v4: ['192.0.2.1'], v6: ['2001:db8::1'] }))
    expect([...(await resolver.resolve('shop.example.com'))].sort()).toEqual(['192.0.2.1', '2001:db8::1'])
    expect(new Set(asked)).toEqual(new Set(['shop.example.com A', 'shop.example.com AAAA']))
  })

  it.each([
    ['no such name', { kind: 'code', code: 3 }, 'ENOTFOUND'],
    ['a server that fails', { kind: 'code', code: 2 }, 'ESERVFAIL'],
    ['a server that refuses', { kind: 'code', code: 5 }, 'EREFUSED'],
    ['no address', { kind: 'addresses' }, 'ENODATA'],
    ['silence', { kind: 'silence' }, 'ETIMEOUT'],
  ] as [string, NameAnswer, string][])(
    '%s is a failure of the name, and nothing is dialled',
    async (_case, answer, code) => {
      const { resolver } = await resolverFor(() => answer)
      const { dial, dialled } = recordingDial()
      const sender = senderOf(cleanup, { allowTargets: parseAllowTargets(''), resolver, dial })
      const outcome = await sender.send(requestTo('https://shop.example.com/'))
      expect(outcome.result).toEqual({ kind: 'unreachable', status: null, code: 'dns' })
      expect(outcome.error?.message).toBe(`the host name cannot be resolved: ${code}`)
      expect(dialled).toEqual([])
    },
  )

  it('a family that hangs does not hold up the other one', async () => {
    const { resolver } = await resolverFor(() => ({ kind: 'onlyV4', v4: ['192.0.2.1'] }))
    expect(await resolver.resolve('shop.example.com')).toEqual(['192.0.2.1'])
  })

  it('a private address among real answers blocks the name', async () => {
    const { resolver } = await resolverFor(() => ({
      kind: 'addresses',
      v4: ['8.8.8.8', '10.0.0.1'],
      v6: ['2606:4700::1111'],
    }))
    const { dial, dialled } = recordingDial()
    const sender = senderOf(cleanup, { allowTargets: parseAllowTargets(''), resolver, dial })
    expect((await sender.send(requestTo('https://shop.example.com/'))).error?.code).toBe('address_blocked')
    expect(dialled).toEqual([])
  })

  it('a chain of aliases that ends at a private address is not dialled', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `alias-${n}.example.com`)
    const { resolver } = await resolverFor(() => ({ kind: 'aliases', names, v4: '10.0.0.1' }))
    expect(await resolver.resolve('shop.example.com')).toEqual(['10.0.0.1'])
    const { dial, dialled } = recordingDial()
    const sender = senderOf(cleanup, { allowTargets: parseAllowTargets(''), resolver, dial })
    expect((await sender.send(requestTo('https://shop.example.com/'))).error?.code).toBe('address_blocked')
    expect(dialled).toEqual([])
  })

  it('an answer of 10 kB that does not come whole is a failure of the name', async () => {
    const { resolver } = await resolverFor(() => ({ kind: 'tooLarge', bytes: 10_000 }))
    const { dial, dialled } = recordingDial()
    const sender = senderOf(cleanup, { allowTargets: parseAllowTargets(''), resolver, dial })
    expect((await sender.send(requestTo('https://shop.example.com/'))).error?.code).toBe('dns')
    expect(dialled).toEqual([])
  })

  it('hanging names end with the attempt and do not hold up another name', async () => {
    const { server } = await nameServer(cleanup, (name) =>
      name.startsWith('hang') ? { kind: 'silence' } : { kind: 'addresses', v4: ['127.0.0.1'] },
    )
    // Neither the resolver nor the limit for connecting gives up before the attempt does.
    const resolver = new CaresHostResolver({ servers: [server], tries: 3 })
    const { dial } = recordingDial()
    const limits = { connectTimeoutMs: 2 * HANGING_MS }
    const sender = senderOf(cleanup, { allowTargets: parseAllowTargets(''), resolver, dial, ...limits })
    const hanging: Promise<SendOutcome>[] = []
    let ended = 0
    for (let n = 0; n < 200; n += 1) {
      const attempt = sender.send(requestTo(`https://hang-${n}.example.com/`, { timeoutMs: HANGING_MS }))
      hanging.push(attempt.finally(() => (ended += 1)))
      // The name server lives in this process: it must get its turn, or its socket drops what it cannot hold.
      if (n % 20 === 19) await new Promise((resolve) => setImmediate(resolve))
    }
    const healthy = await sender.send(requestTo('https://fine.example.com/'))
    expect(healthy.error?.code).toBe('address_blocked')
    expect(ended).toBe(0)
    const codes = (await Promise.all(hanging)).map((outcome) => outcome.error?.code)
    expect(new Set(codes)).toEqual(new Set(['timeout']))
  })
})
