import { afterEach, describe, expect, it } from '@jest/globals'
import { parseAllowTargets, type HostResolver, type WebhookSenderOptions } from '@hooklane/webhook-http'
import { HARMLESS_TARGETS, HOSTILE_TARGETS } from '../support/hostile-targets.js'
import { Cleanup, recordingDial, onRequest, rawReceiver, requestTo, senderOf } from './receivers.js'

const cleanup = new Cleanup()
afterEach(() => cleanup.run())

const resolving = (...addresses: string[]): HostResolver => ({ resolve: async () => addresses })
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** A sender as production runs it: nothing is let through. */
function guarded(options: Partial<WebhookSenderOptions> = {}) {
  const { dial, dialled } = recordingDial()
  return { dialled, sender: senderOf(cleanup, { allowTargets: parseAllowTargets(''), dial, ...options }) }
}

async function expectBlocked(url: string, options: Partial<WebhookSenderOptions> = {}): Promise<void> {
  const { sender, dialled } = guarded(options)
  const outcome = await sender.send(requestTo(url))
  expect(outcome).toMatchObject({
    result: { kind: 'unreachable', status: null, code: 'address_blocked' },
    error: { code: 'address_blocked', message: 'the target is not a public address' },
    response: null,
  })
  expect(dialled).toEqual([])
}

describe('address guard', () => {
  it.each(Object.entries(HOSTILE_TARGETS))(
    '%s: not dialled, whatever a row of the database says',
    async (_what, urls) => {
      for (const url of urls) await expectBlocked(url, { resolver: resolving('93.184.215.14') })
    },
  )

  it.each(HARMLESS_TARGETS)('%s is dialled', async (url) => {
    const dialled: string[] = []
    const { sender } = guarded({
      resolver: resolving('93.184.215.14'),
      dial: async ({ address }) => {
        dialled.push(address)
        throw new Error('dialled')
      },
    })
    await sender.send(requestTo(url))
    expect(dialled).toHaveLength(1)
  })

  it.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['127.0.0.1', '8.8.8.8']],
    [['8.8.8.8', '::1']],
    [['8.8.8.8', '::ffff:10.0.0.1']],
    [['2606:4700::1111', 'fd00::1']],
    [['8.8.8.8', 'not an address']],
  ])('a name that also leads to %j is not dialled', async (addresses) => {
    await expectBlocked('https://shop.example.com/', { resolver: resolving(...addresses) })
  })

  it('a name that flips between lookups never gets a private address dialled', async () => {
    let calls = 0
    const dialled: string[] = []
    const { sender } = guarded({
      resolver: { resolve: async () => ((calls += 1) % 2 === 0 ? ['127.0.0.1'] : ['93.184.215.14']) },
      dial: async ({ address }) => {
        dialled.push(address)
        throw new Error('dialled')
      },
    })
    for (let n = 0; n < 1_000; n += 1) await sender.send(requestTo('https://shop.example.com/'))
    expect(calls).toBe(1_000)
    expect(dialled).toHaveLength(500)
    expect(new Set(dialled)).toEqual(new Set(['93.184.215.14']))
  })

  it('each connection looks the name up once and uses no other address', async () => {
    const asked: string[] = []
    const { sender } = guarded({
      resolver: {
        resolve: async (host) => {
          asked.push(host)
          return ['93.184.215.14', '2606:4700::1111']
        },
      },
      dial: async () => {
        throw new Error('unexpected')
      },
    })
    await sender.send(requestTo('https://shop.example.com/'))
    expect(asked).toEqual(['shop.example.com'])
  })

  it('a connection that ended up elsewhere is closed before a byte is sent', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const real = recordingDial()
    const { sender } = guarded({
      resolver: resolving('93.184.215.14'),
      // A network that answers for any address: the socket's other end is loopback.
      dial: (target, signal) => real.dial({ ...target, address: '127.0.0.1', port: receiver.port }, signal),
    })
    const outcome = await sender.send(requestTo('https://shop.example.com/'))
    expect(outcome.error?.code).toBe('address_blocked')
    expect(receiver.received()).toBe('')
  })

  it('the message of a blocked target does not tell what was found', async () => {
    const { sender } = guarded({ resolver: resolving('10.1.2.3') })
    expect(JSON.stringify(await sender.send(requestTo('https://shop.example.com/')))).not.toContain('10.1.2.3')
  })

  it('the next address is tried when one does not answer', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const { dial, dialled } = recordingDial()
    const sender = senderOf(cleanup, {
      allowTargets: parseAllowTargets(`localhost,127.0.0.0/8,::1`),
      systemResolver: resolving('::1', '127.0.0.2', '127.0.0.1'),
      dial,
    })
    const outcome = await sender.send(requestTo(`http://localhost:${receiver.port}/`))
    expect(outcome.result.kind).toBe('accepted')
    expect(dialled.map(({ address }) => address)).toEqual(['127.0.0.2', '127.0.0.1'])
  })

  it('a named host uses the system’s resolver, others never do', async () => {
    const receiver = await rawReceiver(cleanup, (socket) => onRequest(socket, () => socket.write(OK)))
    const sender = senderOf(cleanup, { allowTargets: parseAllowTargets('localhost'), resolver: resolving() })
    expect((await sender.send(requestTo(`http://localhost:${receiver.port}/`))).result.kind).toBe('accepted')
    let asked = 0
    const { sender: strict } = guarded({
      resolver: resolving('127.0.0.1'),
      systemResolver: {
        resolve: async () => {
          asked += 1
          return ['127.0.0.1']
        },
      },
    })
    await strict.send(requestTo('https://shop.example.com/'))
    expect(asked).toBe(0)
  })
})
