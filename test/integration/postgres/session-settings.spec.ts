import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createPool, migrate } from '@hooklane/postgres'
import { createDataSource } from '@hooklane/postgres/tenancy'
import { createEmptyDatabase, type TestDatabase } from './test-database.js'

const HOSTILE = {
  datestyle: 'German',
  intervalstyle: 'sql_standard',
  extra_float_digits: '-12',
  bytea_output: 'escape',
  timezone: 'Asia/Kolkata',
  search_path: 'public',
}

const VALUES = `SELECT timestamptz '2026-03-02 08:15:04.211+00' AS instant, '2026-03-02 08:15:04.211+00'::timestamptz::text AS printed,
  0.1234567890123456::float8 AS double, '\\x00ff41'::bytea AS bytes, '1 day 02:00:00'::interval::text AS span,
  current_setting('search_path') AS path, current_setting('hooklane.note', true) AS note`

const EXPECTED = {
  instant: new Date('2026-03-02T08:15:04.211Z'),
  printed: '2026-03-02 08:15:04.211+00',
  double: 0.1234567890123456,
  bytes: Buffer.from([0x00, 0xff, 0x41]),
  span: '1 day 02:00:00',
  path: 'hooklane',
}

describe('sessions on Hooklane’s own database', () => {
  let database: TestDatabase
  const url = (options?: string): string => {
    const named = new URL(database.url)
    if (options !== undefined) named.searchParams.set('options', options)
    return named.href
  }
  const rowOf = async (sessionUrl: string) => {
    const pool = createPool({ url: sessionUrl })
    try {
      return (await pool.query<Record<string, unknown>>(VALUES)).rows[0]
    } finally {
      await pool.end()
    }
  }

  beforeEach(async () => {
    database = await createEmptyDatabase('settings')
    for (const [name, value] of Object.entries(HOSTILE)) {
      await database.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${name} = ''${value}''', current_database()); END $$`,
      )
    }
  })
  afterEach(() => database.drop())

  it('read values alike, in their schema, whatever the database is set to', async () => {
    expect(await rowOf(url())).toEqual({ ...EXPECTED, note: null })
    const source = createDataSource({ url: url() })
    await source.initialize()
    expect(await source.query(VALUES)).toEqual([{ ...EXPECTED, note: null }])
    await source.destroy()
  })

  it('keep the other options of the URL', async () => {
    expect(await rowOf(url('-c hooklane.note=kept -c search_path=public -c datestyle=German'))).toEqual({
      ...EXPECTED,
      note: 'kept',
    })
  })

  it('let it be migrated like every other', async () => {
    await migrate(url())
    const days = await database.query<{ day: string }>(
      `SELECT substring(relname from '\\d+$') AS day FROM pg_class WHERE relispartition AND relname ~ '^delivery_p?\\d+$' ORDER BY 1`,
    )
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    expect(days.map(({ day }) => day)).toContain(today)
  })
})
