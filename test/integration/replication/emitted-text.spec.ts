import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { decodeServerText } from '../../../libs/replication/src/pgoutput/server-encoding.js'
import { eventually } from '../event-producer/eventually.js'
import { createEmptyDatabase, type TestDatabase } from '../postgres/test-database.js'
import { Recorder, SourceWorld } from './source-world.js'

/** Encodings of databases that PostgreSQL converts to UTF-8. */
const ENCODINGS = `
  SELECT pg_encoding_to_char(forencoding) AS name FROM (
    SELECT DISTINCT conforencoding AS forencoding FROM pg_conversion WHERE condefault AND contoencoding = pg_char_to_encoding('UTF8')) c
  WHERE pg_encoding_to_char(forencoding) NOT IN ('BIG5', 'GB18030', 'GBK', 'JOHAB', 'SHIFT_JIS_2004', 'SJIS', 'UHC', 'SQL_ASCII')`

/** What cannot be converted is null. */
const TEXT_OF = `
  CREATE FUNCTION text_of(bytes bytea, encoding name) RETURNS text LANGUAGE plpgsql AS $$
  BEGIN RETURN convert_from(bytes, encoding); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`

/** All characters of one byte, and all of two of which each is beyond ASCII. */
const CHARACTERS = `
  WITH high AS (SELECT decode(to_hex(n), 'hex') AS byte FROM generate_series(128, 255) n),
  bytes AS (SELECT byte FROM high UNION ALL SELECT a.byte || b.byte FROM high a, high b WHERE $1 LIKE 'EUC%')
  SELECT byte, text_of(byte, $1) AS text FROM bytes WHERE text_of(byte, $1) IS NOT NULL`

/** Of two bytes: characters for which PostgreSQL has another idea than everybody else. */
const KNOWN_DIFFERENCES = { EUC_CN: ['a1a4', 'a1aa'], EUC_KR: ['a2e8'] }
const NOT_READ = ['EUC_JIS_2004', 'EUC_TW']

describe('what an application emits', () => {
  let database: TestDatabase
  let world: SourceWorld

  beforeAll(async () => {
    database = await createEmptyDatabase('encodings')
    await database.query(TEXT_OF)
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    world = await SourceWorld.create()
  })
  afterEach(() => world.close())

  it('means the same to us as to PostgreSQL, in every encoding that a database may have', async () => {
    const encodings = (await database.query<{ name: string }>(ENCODINGS)).map(({ name }) => name)
    expect(encodings.length).toBeGreaterThan(30)
    const different: Record<string, string[]> = {}
    for (const encoding of encodings) {
      const characters = await database.query<{ byte: Buffer; text: string }>(CHARACTERS, [encoding])
      const read = characters.map(({ byte, text }) => ({ byte, text, ours: decodeServerText(byte, encoding) }))
      if (NOT_READ.includes(encoding)) {
        expect(read.filter(({ ours }) => ours !== null)).toEqual([])
      } else {
        const others = read.filter(({ text, ours }) => ours !== text).map(({ byte }) => byte.toString('hex'))
        if (others.length > 0) different[encoding] = others
      }
    }
    expect(different).toEqual(KNOWN_DIFFERENCES)
  })

  it.each([
    ['UTF8', '{"actor":{"name":"Åse Bjørk"}}'],
    ['LATIN1', '{"actor":{"name":"Åse Bjørk"}}'],
    ['WIN1251', '{"actor":{"name":"Михаил"}}'],
    ['EUC_JP', '{"actor":{"name":"田中"}}'],
  ])('arrives from a database in %s as it was emitted', async (encoding, text) => {
    expect(await emitIn(encoding, `'${text}'`)).toBe(text)
  })

  it.each([
    ['UTF8', `'\\xff'::bytea`],
    ['EUC_TW', `'{"actor":{"name":"陳"}}'`],
  ])('in a database in %s, %s is not taken for text', async (encoding, message) => {
    expect(await emitIn(encoding, message)).toBeNull()
  })

  /** Returns the message as it is read from a new database. */
  async function emitIn(encoding: string, message: string): Promise<string | null | undefined> {
    const name = `${world.slot}_encoded`
    await world.database.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' LOCALE 'C'`)
    const url = new URL(world.database.url)
    url.pathname = `/${name}`
    const pim = new pg.Client({ connectionString: url.href })
    await pim.connect()
    try {
      await pim.query('CREATE TABLE item (id text PRIMARY KEY); ALTER TABLE item REPLICA IDENTITY FULL')
      const recorder = new Recorder()
      const stream = world.stream(recorder, { databaseUrl: url.href })
      await world.streaming(recorder)
      await pim.query(`SELECT pg_logical_emit_message(true, 'hooklane', ${message}); INSERT INTO item VALUES ('a')`)
      await eventually(() => expect(recorder.transactions).toHaveLength(1))
      await stream.stop()
      await eventually(() => pim.query(`SELECT pg_drop_replication_slot('${world.slot}')`))
      return recorder.transactions[0]?.contexts[0]
    } finally {
      await pim.end()
      await eventually(() => world.database.query(`DROP DATABASE ${name} WITH (FORCE)`))
    }
  }
})
