import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { eventually, encodingsOf, type ReceivedRequest, type ScriptedAnswer } from '@hooklane/testing'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServiceProcess } from '../support/service-process.js'
import { DispatchWorld } from './dispatch-world.js'

const WITHIN = { withinMs: 45_000 }
const CANARY = {
  header: 'CANARY"header\\4711/x',
  clear: 'CANARY-clear-4711',
  password: 'CANARY-password',
  query: 'CANARY/query+4711',
  path: 'CANARY-path-4711',
}
const BASIC = Buffer.from(`joe:${CANARY.password}`).toString('base64')

/** All that the request says, again: in the status line's neighbours, in a redirect and in the body. */
const everything =
  (status: number) =>
  (request: ReceivedRequest): ScriptedAnswer => {
    const { headers, path } = request
    const sent = JSON.stringify({ headers, path, decoded: CANARY.password })
    return {
      kind: 'status',
      status,
      headers: {
        location: `http://127.0.0.1${path}?key=${encodeURIComponent(CANARY.query)}`,
        'x-echo': String(headers['x-mine']),
        'x-base64': Buffer.from(sent).toString('base64'),
        'set-cookie': 'session=CANARY',
      },
      body: `${sent}\n${JSON.stringify(sent)}\n${encodeURIComponent(sent)}`,
    }
  }

/** What of the canaries stands in a text, in any form. */
const canariesIn = (text: string): string[] =>
  [...Object.values(CANARY), BASIC, 'CANARY'].flatMap(encodingsOf).filter((form) => text.includes(form))

describe('a dispatcher', () => {
  let world: DispatchWorld
  let dispatcher: ServiceProcess
  beforeAll(async () => {
    world = await DispatchWorld.create()
    dispatcher = await world.start()
  })
  afterAll(async () => world.close())

  /** The target of an app, as the service tells it: sealed, but for one header that another way wrote in clear. */
  function targetOf(app: string): object {
    const path = `/${app}/${CANARY.path}`
    const seal = (text: string, kind: string) => world.seal(text, `cmp_1/sub_${app}/${kind}`)
    const url = `${world.receiver.url(path)}?key=${encodeURIComponent(CANARY.query)}`
    return {
      url: { shown: `${world.receiver.url(`/${app}`)}/***?key=***`, sealed: seal(url, 'url') },
      method: 'POST',
      headers: [
        { name: 'X-Mine', sealed: seal(CANARY.header, 'header') },
        { name: 'X-Basic', sealed: seal(`Basic ${BASIC}`, 'header') },
        { name: 'Authorization', value: CANARY.clear },
        { name: 'X-Plain', value: 'plain' },
      ],
    }
  }

  it.each([200, 302, 422, 500])(
    'sends secrets, and writes none of them down when a %i repeats them',
    async (status) => {
      const app = `echo_${status}`
      const policy = { retry: { attempts: 2, intervalMs: 100, jitter: 0, on: 'any' }, onUnreachable: 'deadLetter' }
      await world.app(app, policy, { target: targetOf(app) })
      const path = `/${app}/${CANARY.path}`
      world.receiver.script(path, everything(status))
      await world.deliver(app, 1)
      const attempts = status === 200 ? 1 : 2
      await eventually(() => expect(world.attempts(app)).toHaveLength(attempts), WITHIN)
      if (status !== 200) await eventually(() => expect(world.deadLetters(app)).toHaveLength(1), WITHIN)
      expect(world.receiver.at(path)[0]?.headers).toMatchObject({
        'x-mine': CANARY.header,
        'x-basic': `Basic ${BASIC}`,
        authorization: CANARY.clear,
        'x-plain': 'plain',
      })
      expect(canariesIn(JSON.stringify([world.attempts(app), world.deadLetters(app)]))).toEqual([])
      expect(world.attempts(app)[0]).toMatchObject({
        request: {
          url: `${world.receiver.url(`/${app}`)}/***?key=***`,
          headers: { 'X-Mine': '***', 'X-Basic': '***', Authorization: '***', 'X-Plain': 'plain' },
        },
        response: { status, headers: { 'x-echo': '***', 'set-cookie': '***' } },
      })
      expect(canariesIn(dispatcher.log.join('\n'))).toEqual([])
      expect(canariesIn(await dispatcher.metrics())).toEqual([])
    },
  )

  it('never writes down half a secret that the end of the excerpt cuts in two', async () => {
    await world.app('cut', {}, { target: targetOf('cut') })
    const path = `/cut/${CANARY.path}`
    const count = CANARY.clear.length
    world.receiver.script(path, (_request, n) => ({
      kind: 'status',
      status: 200,
      body: '.'.repeat(4096 - n) + CANARY.clear + '.'.repeat(500),
    }))
    await world.deliver('cut', count)
    await eventually(() => expect(world.attempts('cut')).toHaveLength(count), WITHIN)
    const bodies = world.attempts('cut').map((record) => ('response' in record ? record.response?.body : null))
    expect(bodies.map((body) => body?.replaceAll('.', ''))).toEqual([...Array<string>(count - 1).fill(''), '***'])
  })

  it('never writes down the half of a secret that came before the connection broke, and finds one that came in parts', async () => {
    const half = CANARY.clear.slice(0, 10)
    const server = createServer((request, response) => {
      request.resume()
      response.write(`key: ${half}`, () => {
        if (request.url === '/broken') response.destroy()
        else setImmediate(() => response.end(CANARY.clear.slice(10)))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const app of ['broken', 'parts']) {
      const target = { ...targetOf(app), url: `http://127.0.0.1:${port}/${app}` }
      await world.app(
        app,
        { retry: { attempts: 1, intervalMs: 100, jitter: 0, on: 'any' }, onUnreachable: 'drop' },
        { target },
      )
      await world.deliver(app, 1)
    }
    for (const [app, body] of [
      ['broken', 'key: '],
      ['parts', 'key: ***'],
    ] as const) {
      await eventually(() => expect(world.attempts(app)).toMatchObject([{ response: { body } }]), WITHIN)
    }
    server.closeAllConnections()
    server.close()
  })

  it('lets a lane wait whose URL does not open, and never calls what may be shown of it', async () => {
    const { url } = targetOf('closed') as { url: { shown: string } }
    const foreign = world.seal('http://127.0.0.1/', 'cmp_2/sub_closed/url')
    await world.app('closed', {}, { target: { url: { ...url, sealed: foreign }, method: 'POST', headers: [] } })
    await world.deliver('closed', 1)
    await eventually(
      async () => expect(await dispatcher.metric('guard_waits_total', 'cause="sealed"')).toBeGreaterThan(0),
      WITHIN,
    )
    await world.subscription('closed', {}, { target: targetOf('closed') })
    await eventually(() => expect(world.attempts('closed')).toHaveLength(1), WITHIN)
    expect(world.receiver.requests.filter(({ path }) => path.includes('***'))).toEqual([])
  })
})
