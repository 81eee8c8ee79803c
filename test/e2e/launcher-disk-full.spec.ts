import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '@hooklane/testing'
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { launcherEnvironment, processesOf, Scratch, wrapped } from './support/launcher.js'
import { mountSmallDisk, type SmallDisk } from './support/small-disk.js'

const SERVERS = join(import.meta.dirname, 'support', 'servers-process.mjs')
const WITHIN = { withinMs: 120_000, everyMs: 100 }
const TEST_LIMIT_MS = 400_000

const insert = (id: number): string =>
  `INSERT INTO stored SELECT ${id}, string_agg(md5(n::text), '') FROM generate_series(1, 60000) n`

/** Fills the disk of a file to its last block. */
async function fillDisk(file: string): Promise<void> {
  const handle = await open(file, 'w')
  const full = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error
    return null
  }
  try {
    for (const size of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(size, 1)
      while ((await handle.write(block).catch(full)) !== null);
    }
  } finally {
    await handle.close()
  }
}

describe('a disk that becomes full while the servers run', () => {
  let scratch: Scratch
  let disk: SmallDisk
  let launcher: ChildProcessWithoutNullStreams
  let said: string

  beforeEach(async () => {
    scratch = await Scratch.make()
    disk = await mountSmallDisk(await scratch.folder('disk'), 160)
    said = ''
    const [command, words] = wrapped(disk.wrap, [SERVERS, '--no-preflight'])
    launcher = spawn(command, words, { env: launcherEnvironment(join(disk.dir, 'home')) })
    launcher.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    launcher.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  }, TEST_LIMIT_MS)

  afterEach(async () => {
    if (launcher.exitCode === null) {
      launcher.stdin.end()
      await once(launcher, 'exit')
    }
    await disk.release()
    await scratch.remove()
  }, TEST_LIMIT_MS)

  const saidLine = (pattern: RegExp): Promise<string> =>
    eventually(() => {
      const line = said.split('\n').find((candidate) => pattern.test(candidate))
      if (line === undefined) throw new Error(`the launcher has not said ${String(pattern)}:\n${said}`)
      return line
    }, WITHIN)

  it(
    'is reported by the launcher, which keeps running; once there is space again, the servers recover on their own with all stored data',
    async () => {
      const { serverUrl } = JSON.parse(await saidLine(/^\{/)) as { serverUrl: string }
      const ask = async (sql: string): Promise<pg.QueryResult> => {
        const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 })
        // A server that ends during a query breaks the connection, too.
        client.on('error', () => undefined)
        try {
          await client.connect()
          return await client.query(sql)
        } finally {
          await client.end().catch(() => undefined)
        }
      }
      await ask('CREATE TABLE stored (id int PRIMARY KEY, filling text)')
      await ask(insert(1))

      // The path leads through the launcher's process, because only its namespace may see the disk.
      const ballast = join('/proc', String(launcher.pid), 'root', disk.dir, 'ballast')
      await fillDisk(ballast)
      await saidLine(
        /^# disk: the disk of .* is full \(0 MiB left\)\. Free some space: everything then continues on its own/,
      )
      await expect(ask(insert(2))).rejects.toThrow()
      await saidLine(/^# kafka: ended unexpectedly: the disk of .* is full/)
      expect(launcher.exitCode).toBe(null)

      await rm(ballast)
      await saidLine(/^# disk: has enough space again/)
      await saidLine(/^# kafka: running again/)
      const kept = await eventually(() => ask('SELECT id, length(filling) AS length FROM stored'), WITHIN)
      expect(kept.rows).toEqual([{ id: 1, length: 1_920_000 }])
      await eventually(() => ask(insert(3)), WITHIN)

      launcher.stdin.end()
      const [exitCode] = (await once(launcher, 'exit')) as [number | null]
      expect(exitCode).toBe(0)
      expect(await processesOf(disk.dir)).toEqual([])
    },
    TEST_LIMIT_MS,
  )
})
