import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createPool, migrate, MigrationError } from '@hooklane/postgres'
import { randomBytes } from 'node:crypto'
import { createEmptyDatabase, type TestDatabase } from './test-database.js'

describe('migrate', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createEmptyDatabase('migrate')
  })
  afterAll(() => database.drop())

  it('four at once apply each migration once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)))
    const applied = outcomes.flatMap((outcome) => outcome.applied)
    expect(applied.length).toBeGreaterThan(4)
    expect(new Set(applied).size).toBe(applied.length)
    expect((await migrate(database.url)).applied).toEqual([])
  })

  it('seeds the common worker group, its owners, its configuration and the log partitions of today and tomorrow', async () => {
    expect(await database.query('SELECT name, partitions, slots FROM hooklane.worker_group')).toEqual([
      { name: 'shared-webhook', partitions: 3, slots: 2 },
    ])
    expect(await database.query('SELECT partition FROM hooklane.partition_owner ORDER BY 1')).toHaveLength(3)
    const [row] = await database.query<{ body: string }>('SELECT body FROM hooklane.configuration')
    expect(JSON.parse(row!.body)).toEqual({ name: 'shared-webhook', partitions: 3, slots: 2 })
    const parts = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent IN ('hooklane.delivery'::regclass, 'hooklane.attempt'::regclass)`,
    )
    expect(parts[0]!.n).toBe(4)
  })

  it('a migration that was changed after it was applied is refused by name', async () => {
    await database.query(`UPDATE hooklane.schema_migration SET checksum = 'other' WHERE version = 2`)
    await expect(migrate(database.url)).rejects.toThrow(/0002_configuration\.sql was changed/)
    await expect(migrate(database.url)).rejects.toThrow(MigrationError)
  })

  it('a database of a newer version is refused', async () => {
    const newer = await createEmptyDatabase('newer')
    await migrate(newer.url)
    await newer.query(`INSERT INTO hooklane.schema_migration VALUES (9999, '9999_future.sql', 'x')`)
    await expect(migrate(newer.url)).rejects.toThrow(/newer version.*9999_future/)
    await newer.drop()
  })

  it('partitions of one day are made once, however many ask', async () => {
    const pool = createPool({ url: database.url, maxConnections: 5 })
    await Promise.all(Array.from({ length: 5 }, () => pool.query(`SELECT ensure_log_partitions('2031-05-06')`)))
    await pool.end()
    const rows = await database.query(`SELECT to_regclass('hooklane.delivery_20310506') AS t`)
    expect(rows).toEqual([{ t: 'hooklane.delivery_20310506' }])
  })

  it('a login without the right to make roles migrates, and is told what it lacks', async () => {
    const own = await createEmptyDatabase('poor')
    const login = `poor_${randomBytes(4).toString('hex')}`
    await own.query(`CREATE ROLE ${login} LOGIN PASSWORD 'poor'`)
    await own.query(`GRANT CREATE ON DATABASE ${new URL(own.url).pathname.slice(1)} TO ${login}`)
    const url = new URL(own.url)
    url.username = login
    url.password = 'poor'
    const { warnings } = await migrate(url.href)
    expect(warnings).toHaveLength(4)
    expect(warnings[0]).toMatch(
      /may not create the role hooklane_service, or may not SET ROLE to it.*As an administrator: /,
    )
    // Row-level security is forced on the owner; the recorder's rights fall to it, so that the log can be written.
    const policies = await own.query<{ holder: string }>(
      `SELECT roles[1]::text AS holder FROM pg_policies WHERE policyname = 'hooklane_recorder' AND tablename = 'delivery'`,
    )
    expect(policies).toEqual([{ holder: login }])
    await own.query(`DROP OWNED BY ${login} CASCADE`)
    await own.query(`DROP ROLE ${login}`)
    await own.drop()
  })
})
