import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { startKafka } from '../../tools/stack/kafka.mjs'
import { startPostgres } from '../../tools/stack/postgres.mjs'
import { ServiceProcess } from '../../tools/stack/service-process.mjs'
import { freePort, occupyPort, processesOf, Scratch } from './support/launcher.js'

const TEST_LIMIT_MS = 300_000

let scratch: Scratch

beforeAll(async () => {
  scratch = await Scratch.make()
})

afterAll(async () => {
  await scratch.remove()
})

/** Stops a server at the moment of its start, takes the port that was chosen for it, and lets the server continue. */
const robbing = (portFile: string) => {
  const robbed: { port: number; release: () => Promise<void> }[] = []
  return {
    robbed,
    onSpawn: ({ pid }: { pid: number }): void => {
      if (robbed.length > 0) return
      process.kill(pid, 'SIGSTOP')
      robbed.push({ port: 0, release: async () => undefined })
      void readFile(portFile, 'utf8')
        .then(async (text) => (robbed[0] = await occupyPort(Number(text))))
        .finally(() => process.kill(pid, 'SIGCONT'))
    },
  }
}

describe('a port that another program takes between its choice and its use', () => {
  it(
    'is given up by PostgreSQL, which starts on another one',
    async () => {
      const dataDir = scratch.path('postgres')
      const { robbed, onSpawn } = robbing(join(dataDir, 'port'))
      const server = await startPostgres({ dataDir, onSpawn })
      try {
        expect(robbed[0]?.port).toBeGreaterThan(0)
        expect(Number(new URL(server.url).port)).not.toBe(robbed[0]?.port)
        const client = new pg.Client({ connectionString: server.url })
        await client.connect()
        await client.end()
      } finally {
        await server.stop()
        await robbed[0]?.release()
      }
      expect(await processesOf(dataDir)).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it(
    'is given up by Kafka, which does not mistake the other program for itself and starts on another one',
    async () => {
      const dataDir = scratch.path('kafka')
      const { robbed, onSpawn } = robbing(join(dataDir, 'port'))
      const server = await startKafka({
        dataDir,
        cacheDir: process.env.HOOKLANE_CACHE ?? scratch.path('cache'),
        onSpawn,
      })
      try {
        expect(robbed[0]?.port).toBeGreaterThan(0)
        const port = Number(server.brokers[0]?.split(':')[1])
        expect(port).not.toBe(robbed[0]?.port)
        const socket = connect({ port, host: '127.0.0.1' })
        await once(socket, 'connect')
        socket.destroy()
      } finally {
        await server.stop()
        await robbed[0]?.release()
      }
      expect(await processesOf(dataDir)).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it(
    'is given up by a service, which starts on another one',
    async () => {
      const entry = await scratch.file(
        'service.mjs',
        `import { createServer } from 'node:http'
         const report = JSON.stringify({ status: 'ready', parts: {} })
         createServer((_, response) => response.end(report)).listen(Number(process.env.HEALTH_PORT), '127.0.0.1')`,
      )
      const taken = await occupyPort()
      const choices = [taken.port, await freePort()]
      const service = serviceOf(entry, async () => ({ HEALTH_PORT: choices.shift() ?? 0 }))
      try {
        await service.start(undefined)
        expect(choices).toEqual([])
        expect((await fetch(service.describe().healthUrl)).status).toBe(200)
      } finally {
        await service.stop()
        await taken.release()
      }
      expect(await processesOf(entry)).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  it(
    'ends the start if it is taken every time: the error shows the end of the service’s log, and nothing is running',
    async () => {
      const entry = await scratch.file(
        'other-service.mjs',
        `import { createServer } from 'node:http'
         createServer().listen(Number(process.env.HEALTH_PORT), '127.0.0.1')`,
      )
      const taken = await occupyPort()
      const service = serviceOf(entry, async () => ({ HEALTH_PORT: taken.port }))
      await expect(service.start(undefined)).rejects.toThrow(/ended before it was ready[^]*EADDRINUSE/)
      expect(await processesOf(entry)).toEqual([])
      await taken.release()
    },
    TEST_LIMIT_MS,
  )
})

describe('a server that is started again must get its old port', () => {
  it('PostgreSQL refuses a given port that another program uses', async () => {
    const taken = await occupyPort()
    await expect(startPostgres({ dataDir: scratch.path('postgres'), port: taken.port })).rejects.toThrow(
      `PostgreSQL cannot use port ${taken.port} on 127.0.0.1: another program listens there.`,
    )
    await taken.release()
  })

  it('Kafka refuses a given port that another program uses', async () => {
    const taken = await occupyPort()
    const cacheDir = process.env.HOOKLANE_CACHE ?? scratch.path('cache')
    await expect(startKafka({ dataDir: scratch.path('kafka'), cacheDir, port: taken.port })).rejects.toThrow(
      `Kafka cannot use port ${taken.port} on 127.0.0.1: another program listens there.`,
    )
    await taken.release()
  })
})

function serviceOf(entry: string, choosePorts: () => Promise<Record<string, number>>): ServiceProcess {
  const specification = { name: 'service', instance: 'service', entry, env: process.env, choosePorts }
  return new ServiceProcess(
    { ...specification, log: scratch.path('service.log') },
    {
      restart: false,
      onProgress: () => undefined,
      onSpawn: () => undefined,
      onRunning: () => undefined,
      onExit: () => undefined,
    },
  )
}
