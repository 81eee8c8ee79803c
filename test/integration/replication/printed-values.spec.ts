import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RowChange } from '@hooklane/core/capture'
import fc from 'fast-check'
import { eventually } from '../event-producer/eventually.js'
import { RELEASES, startRelease, type PostgresRelease } from '../support/postgres-release.js'
import { Recorder, SourceWorld } from './source-world.js'

/** A value of each type whose text depends on a setting, and the text that the decoders read. */
const VALUES: Readonly<Record<string, readonly [type: string, literal: string, text: string]>> = {
  day: ['date', `'2026-03-02'`, '2026-03-02'],
  ancient: ['date', `'0044-03-15 BC'`, '0044-03-15 BC'],
  wall: ['timestamp', `'2026-03-02 08:15:04.211'`, '2026-03-02 08:15:04.211'],
  instant: ['timestamptz', `'2026-03-02 08:15:04.211+00'`, '2026-03-02 08:15:04.211+00'],
  instants: ['timestamptz[]', `'{2026-03-02 08:15:04+00}'`, '{"2026-03-02 08:15:04+00"}'],
  span: ['interval', `'-1 day 02:00:00.5'`, '-1 days +02:00:00.5'],
  stay: ['tstzrange', `'[2026-03-02 00:00+00,)'`, '["2026-03-02 00:00:00+00",)'],
  double: ['float8', `0.1234567890123456`, '0.1234567890123456'],
  single: ['float4', `0.3333333`, '0.3333333'],
  doubles: ['float8[]', `'{0.1234567890123456}'`, '{0.1234567890123456}'],
  bytes: ['bytea', `'\\x00ff41'`, '\\x00ff41'],
  price: ['money', `1234.5::money`, '$1,234.50'],
  relation: ['regclass', `'public.val'`, 'public.val'],
  kind: ['regtype', `'public.val'`, 'public.val'],
  letters: ['text', `'Blå ’ 日本'`, 'Blå ’ 日本'],
}

/** What a database or a role may be set to for its own purposes. The last one breaks whoever finds functions by their bare names. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  datestyle: ['German', '"SQL, DMY"', '"Postgres, MDY"'],
  intervalstyle: ['sql_standard', 'iso_8601', 'postgres_verbose'],
  bytea_output: ['escape'],
  extra_float_digits: ['-15', '0'],
  timezone: ['"Asia/Kolkata"', '"America/St_Johns"'],
  quote_all_identifiers: ['on'],
  xmlbinary: ['hex'],
  client_encoding: ['LATIN1', 'WIN1252'],
  statement_timeout: ['1'],
  lock_timeout: ['1'],
  idle_session_timeout: ['1'],
  idle_in_transaction_session_timeout: ['1'],
  search_path: ['val', 'evil, public, pg_catalog'],
}

const EVIL = `
  CREATE SCHEMA evil;
  CREATE VIEW evil.pg_class AS SELECT 1::oid AS oid; CREATE VIEW evil.pg_type AS SELECT 1::oid AS oid;
  CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'replica' $$;
  CREATE FUNCTION evil.current_database() RETURNS name LANGUAGE sql AS $$ SELECT 'other'::name $$`

const LEVELS = ['database', 'role', 'role in database', 'URL'] as const
type Level = (typeof LEVELS)[number]

const settings = fc.dictionary(
  fc.constantFrom(...Object.keys(SETTINGS)),
  fc.tuple(fc.constantFrom(...LEVELS), fc.nat()),
  { minKeys: 4, maxKeys: 10 },
)

describe.each(RELEASES)('the values of PostgreSQL %d', (release) => {
  let server: PostgresRelease
  let world: SourceWorld
  let url: URL
  let inserted = 0
  const sql = (statements: string) => world.database.query(statements)

  beforeAll(async () => {
    server = await startRelease(release)
    world = await SourceWorld.create(server.url)
    const columns = Object.entries(VALUES).map(([name, [type]]) => `${name} ${type}`)
    await sql(
      `CREATE TABLE val (id text PRIMARY KEY, ${columns.join(', ')}); ALTER TABLE val REPLICA IDENTITY FULL; ${EVIL}`,
    )
    url = new URL(await world.login('SUPERUSER'))
  })
  afterAll(async () => {
    await world.close()
    await server.stop()
  })

  const alter = (level: Exclude<Level, 'URL'>): string => {
    const [role, database] = [url.username, url.pathname.slice(1)]
    if (level === 'database') return `ALTER DATABASE ${database}`
    return level === 'role' ? `ALTER ROLE ${role}` : `ALTER ROLE ${role} IN DATABASE ${database}`
  }

  /** What a stream reads that is opened now. */
  const readFromStart = async (databaseUrl: string): Promise<Record<string, unknown>> => {
    const recorder = new Recorder()
    const tables = [{ schema: 'public', table: 'val', columns: ['id'], id: ['id'] }]
    const stream = world.stream(recorder, { databaseUrl, tables })
    await world.streaming(recorder)
    const id = `r${inserted++}`
    await sql(
      `INSERT INTO val VALUES ('${id}', ${Object.values(VALUES)
        .map(([, literal]) => literal)
        .join(', ')})`,
    )
    const row = await eventually(() => {
      const change = recorder.transactions
        .flatMap(({ changes }) => changes)
        .find((one) => one.op === 'insert' && one.after.get('id') === id)
      if (change?.op !== 'insert') throw new Error('not read yet')
      return change.after
    })
    stream.acknowledge(recorder.transactions.at(-1)!.info.commitEndLsn)
    await stream.stop()
    return Object.fromEntries([...row].filter(([name]) => name !== 'id'))
  }

  const expected = Object.fromEntries(Object.entries(VALUES).map(([name, [, , text]]) => [name, text]))

  /** Sets what was chosen; answers the URL to connect with. */
  const set = async (chosen: Readonly<Record<string, readonly [Level, number]>>): Promise<string> => {
    const hostile = new URL(url)
    const options: string[] = []
    for (const [name, [level, at]] of Object.entries(chosen)) {
      const values = SETTINGS[name] ?? []
      const value = values[at % values.length] ?? ''
      if (level === 'URL') options.push(`-c ${name}=${value.replaceAll('"', '').replaceAll(' ', '')}`)
      else await sql(`${alter(level)} SET ${name} = ${value}`)
    }
    if (options.length > 0) hostile.searchParams.set('options', options.join(' '))
    return hostile.href
  }
  const resetAll = async () => {
    for (const level of LEVELS) if (level !== 'URL') await sql(`${alter(level)} RESET ALL`)
  }

  it('are printed as they are read, whatever the database, the role or the URL is set to', async () => {
    expect(await readFromStart(url.href)).toEqual(expected)
    const property = fc.asyncProperty(settings, async (chosen) => {
      try {
        expect(await readFromStart(await set(chosen))).toEqual(expected)
      } finally {
        await resetAll()
      }
    })
    await fc.assert(property, { numRuns: release === 18 ? 12 : 4, endOnFailure: true })
  })

  it('come with the other options of the URL', async () => {
    const named = new URL(url)
    named.searchParams.set('options', '-c datestyle=German -c hooklane.note=kept')
    const recorder = new Recorder()
    const tables = [{ schema: 'public', table: 'val', columns: ['id'], id: ['id'] }]
    // Only the session itself sees its settings: a trigger of the database writes down what it sees when the publication is made.
    await sql(`CREATE TABLE seen (note text, style text);
      CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.seen VALUES (current_setting('hooklane.note', true), current_setting('datestyle')); END $$;
      CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE PUBLICATION') EXECUTE FUNCTION note()`)
    const names = { slot: `${world.slot}_o`, publication: `${world.slot}_o` }
    const stream = world.stream(recorder, { databaseUrl: named.href, tables, ...names })
    await world.streaming(recorder)
    await stream.stop()
    expect(await sql('SELECT * FROM seen')).toEqual([{ note: 'kept', style: 'ISO, MDY' }])
  })

  if (release >= 17) {
    it('are not read by a session that did not get the settings that it asked for', async () => {
      await sql(`CREATE FUNCTION restyle() RETURNS event_trigger LANGUAGE plpgsql AS
          $$ BEGIN IF session_user = '${url.username}' THEN PERFORM set_config('datestyle', 'German', false); END IF; END $$;
        CREATE EVENT TRIGGER restyle ON login EXECUTE FUNCTION restyle(); ALTER EVENT TRIGGER restyle ENABLE ALWAYS`)
      const { code, message } = await world.refusal({ databaseUrl: url.href })
      expect([code, message]).toEqual(['DATABASE_ERROR', expect.stringContaining('(datestyle is German, DMY)')])
      await sql('DROP EVENT TRIGGER restyle')
    })

    it('are read to the end of a transaction that takes longer than a role’s transaction_timeout', async () => {
      await sql(`CREATE TABLE item (id text PRIMARY KEY, v text); ALTER TABLE item REPLICA IDENTITY FULL`)
      await sql(`ALTER ROLE ${url.username} SET transaction_timeout = 300`)
      let release: () => void = () => undefined
      const recorder = new SlowRecorder(new Promise((resolve) => (release = resolve)))
      const stream = world.stream(recorder, {
        databaseUrl: url.href,
        slot: `${world.slot}_t`,
        publication: `${world.slot}_t`,
      })
      await world.streaming(recorder)
      try {
        // More than sockets hold: the server is still sending when its limit is over.
        await sql(`INSERT INTO item SELECT n::text, repeat('x', 1000) FROM generate_series(1, 30000) AS n`)
        const waiting = `SELECT now() AS at FROM pg_stat_activity
          WHERE backend_type = 'walsender' AND datname = current_database() AND wait_event = 'WalSenderWriteData'`
        const since = await eventually(async () => {
          const [sender] = await world.database.query<{ at: Date }>(waiting)
          if (!sender) throw new Error('it does not wait yet')
          return sender.at
        })
        await eventually(async () => {
          const [sender] = await world.database.query<{ at: Date }>(waiting)
          expect(Number(sender?.at) - Number(since)).toBeGreaterThan(1_000)
        })
      } finally {
        release()
      }
      await eventually(() => expect(recorder.inserted().map((ids) => ids.length)).toEqual([30_000]))
      expect(recorder.states.filter(({ phase }) => phase === 'failing')).toEqual([])
      await stream.stop()
    })
  }
})

/** Takes its first change only when it is let. */
class SlowRecorder extends Recorder {
  constructor(private readonly release: Promise<void>) {
    super()
  }

  override change(change: RowChange): Promise<void> | undefined {
    void super.change(change)
    return this.release
  }
}
