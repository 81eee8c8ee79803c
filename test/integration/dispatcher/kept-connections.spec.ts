import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { eventually } from '@hooklane/testing'
import type { ServiceProcess } from '../support/service-process.js'
import { Cleanup, onRequest, rawReceiver } from '../webhook-http/receivers.js'
import { DispatchWorld } from './dispatch-world.js'

const WITHIN = { withinMs: 45_000 }
const DELIVERIES = 12
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'

describe('a dispatcher and a receiver that', () => {
  let world: DispatchWorld
  let dispatcher: ServiceProcess
  const cleanup = new Cleanup()
  beforeAll(async () => {
    world = await DispatchWorld.create()
    dispatcher = await world.start()
  })
  afterEach(() => cleanup.run())
  afterAll(async () => world.close())

  /** An app whose receiver is written by hand; the ids that arrived. */
  async function appAt(app: string, answer: (socket: Socket, count: number) => void): Promise<string[]> {
    const ids: string[] = []
    const receiver = await rawReceiver(cleanup, (socket) =>
      onRequest(socket, (count, text) => {
        ids.push(/webhook-id: (\S+)/.exec(text)?.[1] ?? '')
        answer(socket, count)
      }),
    )
    await world.app(app, {}, { target: { url: receiver.url, method: 'POST', headers: [] } })
    return ids
  }

  /** The attempts of the app's deliveries, once all of them are delivered. */
  async function attemptsOf(app: string) {
    await world.deliver(app, DELIVERIES)
    await eventually(
      () => expect(world.attempts(app).filter(({ status }) => status === 'delivered')).toHaveLength(DELIVERIES),
      WITHIN,
    )
    return world.attempts(app).map((record) => ('attempt' in record ? record.attempt : null))
  }

  it('closes kept connections unannounced: no attempt is spent, and the second request is counted', async () => {
    const ids = await appAt('closing', (socket, count) => (count === 1 ? socket.write(OK) : socket.destroy()))
    expect(await attemptsOf('closing')).toEqual(Array.from({ length: DELIVERIES }, () => 1))
    const resent = ids.filter((id, index) => ids[index - 1] === id)
    expect(resent.length).toBeGreaterThan(0)
    expect(await dispatcher.metric('attempts_resent_total')).toBe(resent.length)
    expect([...new Set(ids)]).toEqual(Array.from({ length: DELIVERIES }, (_, n) => `msg_closing_${n + 1}`))
  })

  it('answers twice: only what it read is acknowledged, and the origin is caught', async () => {
    const read: string[] = []
    const ids = await appAt('twice', (socket, count) => {
      if (count > 1) return void setTimeout(() => socket.destroy(), 300)
      read.push(ids.at(-1) ?? '')
      socket.write(OK)
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nx-poison: 1\r\ncontent-length: 0\r\n\r\n'), 3)
    })
    await attemptsOf('twice')
    expect(JSON.stringify(world.attempts('twice'))).not.toContain('x-poison')
    expect(read).toEqual(Array.from({ length: DELIVERIES }, (_, n) => `msg_twice_${n + 1}`))
    expect(await dispatcher.metric('distrusted_origins_total')).toBe(1)
  })
})
