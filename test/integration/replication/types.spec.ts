import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { CatalogueType } from '@hooklane/core/capture'
import { eventually } from '../event-producer/eventually.js'
import { startRelease, type PostgresRelease } from '../support/postgres-release.js'
import { Recorder, SourceWorld } from './source-world.js'

const scalar = (typeOid: number): CatalogueType => ({ kind: 'scalar', typeOid })
const array = (element: CatalogueType, delimiter = ','): CatalogueType => ({ kind: 'array', delimiter, element })

/** Built-in types. */
const [INT4, INT4S, JSONB, BOX] = [23, 1007, 3802, 603]

/** The oldest release, because what it says of types all others say. */
describe.each([15, 18] as const)('types that a database of PostgreSQL %d defines', (release) => {
  let server: PostgresRelease
  let world: SourceWorld
  let recorder: Recorder
  const sql = (statements: string) => world.database.query(statements)
  const tables = ['item', 'plain'].map((table) => ({ schema: 'public', table, columns: ['id'], id: ['id'] }))
  const open = async (into: Recorder) => {
    const stream = world.stream(into, { tables })
    await world.streaming(into)
    return stream
  }
  const inserted = (from: Recorder, count: number) =>
    eventually(() => {
      const changes = from.transactions.flatMap((transaction) => transaction.changes)
      expect(changes).toHaveLength(count)
      return changes.map((change) => ({
        id: change.op === 'insert' ? change.after.get('id') : null,
        types: Object.fromEntries(change.relation.columns.map(({ name, type }) => [name, type])),
      }))
    })
  const oidOf = async (type: string): Promise<number> => {
    const [row] = await world.database.query<{ oid: string }>(`SELECT '${type}'::regtype::oid::int8 AS oid`)
    return Number(row?.oid)
  }

  beforeAll(async () => {
    server = await startRelease(release)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    world = await SourceWorld.create(server.url)
    recorder = new Recorder()
    await sql(`CREATE TABLE item (id int PRIMARY KEY); ALTER TABLE item REPLICA IDENTITY FULL;
      CREATE TABLE plain (id int PRIMARY KEY); ALTER TABLE plain REPLICA IDENTITY FULL`)
  })
  afterEach(() => world.close())

  it('are known by what they stand on', async () => {
    await sql(`CREATE EXTENSION citext; CREATE SCHEMA ext; CREATE EXTENSION hstore SCHEMA ext;
      CREATE TYPE season AS ENUM ('spring'); CREATE TYPE pair AS (a int, b text);
      CREATE DOMAIN qty AS int; CREATE DOMAIN small AS qty CHECK (VALUE < 9); CREATE DOMAIN doc AS jsonb;
      CREATE DOMAIN counts AS int[]; CREATE DOMAIN seasons AS season[]; CREATE DOMAIN area AS box;
      ALTER TABLE item ADD small small, ADD doc doc, ADD counts counts, ADD seasons seasons, ADD smalls small[], ADD countss counts[],
        ADD boxes area[], ADD season season, ADD pair pair, ADD pairs pair[], ADD tags citext[], ADD attrs ext.hstore,
        ADD attrss ext.hstore[], ADD card information_schema.cardinal_number, ADD vector int2vector, ADD place point`)
    await open(recorder)
    await sql('INSERT INTO item VALUES (1)')
    const [{ types } = { types: {} }] = await inserted(recorder, 1)
    const [season, pair, citext] = [await oidOf('season'), await oidOf('pair'), await oidOf('citext')]
    expect(types).toEqual({
      id: undefined,
      small: scalar(INT4),
      doc: scalar(JSONB),
      counts: scalar(INT4S),
      seasons: array(scalar(season)),
      smalls: array(scalar(INT4)),
      countss: array(scalar(INT4S)),
      boxes: array(scalar(BOX), ';'),
      season: scalar(season),
      pair: scalar(pair),
      pairs: array(scalar(pair)),
      tags: array(scalar(citext)),
      attrs: { kind: 'hstore' },
      attrss: array({ kind: 'hstore' }),
      card: scalar(INT4),
      vector: undefined,
      place: undefined,
    })
    expect(recorder.warnings).toEqual([])
  })

  it('keep the order of changes while they are looked up', async () => {
    await sql(`CREATE DOMAIN qty AS int; ALTER TABLE item ADD n qty`)
    await open(recorder)
    await sql(`BEGIN; INSERT INTO plain VALUES (1); INSERT INTO item VALUES (2, 2); INSERT INTO plain VALUES (3);
      INSERT INTO item VALUES (4, 4); COMMIT`)
    await sql(`CREATE TYPE season AS ENUM ('spring'); ALTER TABLE plain ADD s season[]`)
    await sql(
      `BEGIN; INSERT INTO item VALUES (5, 5); INSERT INTO plain VALUES (6, '{spring}'); INSERT INTO item VALUES (7, 7); COMMIT`,
    )
    const changes = await inserted(recorder, 7)
    expect(changes.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7'])
    expect(changes.map(({ types }) => Object.keys(types).length)).toEqual([1, 2, 1, 2, 2, 2, 2])
    expect(changes[5]?.types.s).toEqual(array(scalar(await oidOf('season'))))
  })

  it('are known after they were renamed, or exchanged for another of their name, and are text when they are gone', async () => {
    await sql(`CREATE TYPE season AS ENUM ('spring'); CREATE TYPE size AS ENUM ('s'); CREATE DOMAIN qty AS int; CREATE DOMAIN qtys AS qty[];
      CREATE TYPE lost AS ENUM ('x');
      ALTER TABLE item ADD renamed size[], ADD exchanged season[], ADD based qty, ADD list qtys, ADD lost lost[], ADD losts lost`)
    const stream = await open(recorder)
    await stream.stop()
    await sql(`INSERT INTO item VALUES (1, '{s}', '{spring}', 5, '{5}', '{x}', 'x')`)
    await sql(`ALTER TYPE size RENAME TO magnitude;
      CREATE TYPE season_new AS ENUM ('spring', 'autumn');
      ALTER TABLE item ALTER exchanged TYPE season_new[] USING exchanged::text[]::season_new[]; DROP TYPE season;
      ALTER TYPE season_new RENAME TO season;
      ALTER TABLE item ALTER based TYPE int, ALTER list TYPE int[] USING list::int[]; DROP DOMAIN qtys; DROP DOMAIN qty;
      ALTER TABLE item DROP lost, DROP losts; DROP TYPE lost`)
    await sql(`INSERT INTO item VALUES (2, '{s}', '{autumn}', 5, '{5}')`)
    const later = new Recorder()
    await open(later)
    const [before, after] = await inserted(later, 2)
    const [season, magnitude] = [await oidOf('season'), await oidOf('magnitude')]
    expect(after?.types).toMatchObject({
      renamed: array(scalar(magnitude)),
      exchanged: array(scalar(season)),
      based: undefined,
    })
    expect(before?.types).toEqual({
      id: undefined,
      renamed: array(scalar(magnitude)),
      exchanged: array(scalar(season)),
      // The log names what a domain stands on; of this one that is an array whose domain is gone as well.
      based: scalar(INT4),
      list: undefined,
      lost: undefined,
      losts: undefined,
    })
    expect(later.warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^TYPE_GONE .* \(public\._qty, public\._lost, public\.lost\)/),
    ])
  })
})
