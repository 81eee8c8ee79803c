import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OWN_EVENT_TYPES } from '@hooklane/contracts/public'
import { DatabaseUnavailable, TenantDatabase } from '@hooklane/postgres/tenancy'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createTestDatabase, type TestDatabase } from './test-database.js'

const CONNECTIONS = 4
/** Several times the wait for an answer that does not come. */
const SILENCE_LIMIT_MS = 60_000
const ALL = { kind: 'operator' } as const
/** Event types of a database in which nothing is captured. */
const CATALOGUE = OWN_EVENT_TYPES.map(({ name }) => name)

/** Stands between client and server, and can let every connection die the way a lost machine does: nobody is told. */
class Wire {
  private readonly dead = new WeakSet<Socket>()
  private readonly silent = new WeakSet<Socket>()
  private readonly sockets = new Set<Socket>()
  isDown = false
  accepted = 0

  private constructor(private readonly server: Server) {}

  static async to(host: string, port: number): Promise<Wire> {
    const server = createServer((client) => wire.accept(client, connect(port, host)))
    const wire = new Wire(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return wire
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** From now on whoever writes on a connection that stands is answered with a reset. */
  cut(): void {
    for (const socket of this.sockets) this.dead.add(socket)
  }

  /** From now on whoever writes on a connection that stands hears nothing any more. */
  swallow(): void {
    for (const socket of this.sockets) this.silent.add(socket)
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private accept(client: Socket, upstream: Socket): void {
    this.accepted += 1
    this.sockets.add(client)
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    if (this.isDown) {
      client.resetAndDestroy()
      return
    }
    client.on('data', (bytes) => {
      if (this.dead.has(client)) client.resetAndDestroy()
      else if (!this.silent.has(client)) upstream.write(bytes)
    })
    upstream.on('data', (bytes) => client.write(bytes))
  }
}

describe('connections that died unseen', () => {
  let database: TestDatabase
  let wire: Wire
  let tenants: TenantDatabase
  beforeAll(async () => {
    database = await createTestDatabase('wire')
    const url = new URL(database.url)
    wire = await Wire.to(url.hostname, Number(url.port))
    url.host = `127.0.0.1:${wire.port}`
    tenants = new TenantDatabase({ url: url.href, maxConnections: CONNECTIONS, statementTimeoutMs: 500 })
  })
  afterAll(async () => {
    await tenants.close()
    await wire.close()
    await database.drop()
  })

  const read = () => tenants.transaction(ALL, (tables) => tables.eventTypes.names())
  /** As many transactions at once as there may be connections. */
  const fillPool = async () => {
    let waiting = CONNECTIONS
    let go: () => void = () => undefined
    const all = new Promise<void>((resolve) => (go = resolve))
    await Promise.all(
      Array.from({ length: CONNECTIONS }, () =>
        tenants.transaction(ALL, async () => {
          waiting -= 1
          if (waiting === 0) go()
          await all
        }),
      ),
    )
  }

  it('are replaced before a request notices, were it all of the pool', async () => {
    await fillPool()
    const before = wire.accepted
    wire.cut()
    expect(await read()).toEqual(CATALOGUE)
    expect(wire.accepted).toBeGreaterThan(before)
    await fillPool()
    wire.cut()
    const answers = await Promise.all(Array.from({ length: 2 * CONNECTIONS }, read))
    expect(answers).toHaveLength(2 * CONNECTIONS)
  })

  it('a transaction that was cut off after it began is not tried again', async () => {
    let runs = 0
    const cutOff = tenants.transaction(ALL, async (tables) => {
      runs += 1
      wire.cut()
      return tables.eventTypes.names()
    })
    await expect(cutOff).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(runs).toBe(1)
  })

  it(
    'one that does not answer fails one request, and is lent to none after it',
    async () => {
      await fillPool()
      const accepted = wire.accepted
      wire.swallow()
      const noAnswer = () => expect(read()).rejects.toBeInstanceOf(DatabaseUnavailable)
      await Promise.all(Array.from({ length: CONNECTIONS }, noAnswer))
      expect(wire.accepted).toBe(accepted)
      expect(await read()).toEqual(CATALOGUE)
      const cutOff = tenants.transaction(ALL, (tables) => {
        wire.swallow()
        return tables.eventTypes.names()
      })
      await expect(cutOff).rejects.toBeInstanceOf(DatabaseUnavailable)
      expect(await read()).toEqual(CATALOGUE)
    },
    SILENCE_LIMIT_MS,
  )

  it('while the server is away the caller is told, and as soon as it is back it is used', async () => {
    wire.isDown = true
    wire.cut()
    await expect(read()).rejects.toBeInstanceOf(DatabaseUnavailable)
    wire.isDown = false
    expect(await read()).toEqual(CATALOGUE)
  })
})
