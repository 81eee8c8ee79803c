import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { CaptureWorld, type SourceText } from './capture-world.js'
import { eventually } from './eventually.js'
import type { ProducerProcess } from './producer-process.js'

/** One process for all: each source has one thing wrong, and `healthy` none. */
const SOURCES: readonly SourceText[] = [
  { name: 'healthy' },
  { name: 'table', table: 'prodct' },
  { name: 'columns', id: 'idd', more: ', key: skuu, deleted: { column: gone_at }' },
  { name: 'identity' },
  { name: 'view', table: 'view_of_healthy' },
  { name: 'right', url: 'NO_REPLICATION_URL' },
  { name: 'publication', url: 'NO_CREATE_URL' },
  { name: 'variable', url: 'PIM_UPL' },
]

describe('bad input', () => {
  let world: CaptureWorld
  let producer: ProducerProcess
  const roles: string[] = []
  const sql = (statements: string) => world.pim.query(statements)
  const table = (name: string) =>
    sql(
      `CREATE TABLE "${name}" (id text PRIMARY KEY, company_id text, sku text, note text); ALTER TABLE "${name}" REPLICA IDENTITY FULL`,
    )
  const login = async (attributes: string): Promise<string> => {
    const role = `role_${randomBytes(4).toString('hex')}`
    roles.push(role)
    await sql(`CREATE ROLE ${role} LOGIN PASSWORD 'p' ${attributes}`)
    const url = new URL(world.pim.url)
    url.username = role
    url.password = 'p'
    return url.href
  }
  /** What is committed after the cause was fixed is told, without a restart. */
  const goesOn = async (source: string, into = source) => {
    await producer.reads(source)
    await sql(`INSERT INTO "${into}" (id, company_id) VALUES ('${source}-fixed', 'c-1')`)
    await eventually(() => expect(world.idsOf(source)).toContain(`${source}-fixed`))
  }
  /** What was said of a source before anything was fixed. */
  const refusals = new Map<string, string>()
  const refusalOf = (source: string) => refusals.get(source) ?? ''
  const statementFor = (source: string) => refusalOf(source).split('\n').at(-1) ?? ''

  beforeAll(async () => {
    world = await CaptureWorld.create()
    for (const name of ['healthy', 'product', 'columns', 'identity', 'right', 'publication', 'variable'])
      await table(name)
    await sql(`ALTER TABLE identity REPLICA IDENTITY DEFAULT; CREATE VIEW view_of_healthy AS SELECT * FROM healthy`)
    await world.captureSources(SOURCES)
    producer = world.start({
      NO_REPLICATION_URL: await login(''),
      NO_CREATE_URL: await login('REPLICATION'),
      CAPTURE_CHECK_MS: '500',
    })
    await Promise.all(
      SOURCES.filter(({ name }) => !['healthy', 'variable'].includes(name)).map(async ({ name }) => {
        const refusal = await producer.refusal(name)
        refusals.set(name, refusal)
        // Fixed at once, so that the pauses before the next attempts overlap; that it helps is looked at below.
        await fix[name]?.()
      }),
    )
  })
  afterAll(async () => {
    await producer.end('SIGKILL')
    for (const role of roles) await sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await world.close()
  })

  const fix: Readonly<Record<string, () => Promise<unknown>>> = {
    table: () => table('prodct'),
    columns: () =>
      sql(`ALTER TABLE columns RENAME id TO idd; ALTER TABLE columns ADD skuu text, ADD gone_at timestamptz`),
    identity: () => sql(statementFor('identity')),
    right: () => sql(statementFor('right')),
    publication: () => sql(statementFor('publication')),
  }

  it('of one source stops no other, and not the configuration', async () => {
    await producer.reads('hooklane')
    await goesOn('healthy')
    expect(await producer.metric('capture_failures_total', 'healthy')).toBe(0)
    expect(await producer.metric('capture_failures_total', 'table')).toBeGreaterThan(0)
  })

  it('a missing table is named with its line and the one that was meant, and is read once it is there', async () => {
    const place = `${world.directory}/capture.yaml:${2 + 6 * 1 + 5}`
    const refusal =
      `there is no table public.prodct (${place}): did you mean public.product? (names are case-sensitive, as in the catalogue). ` +
      `Create it, or correct ${place} and restart the event-producer`
    expect(refusalOf('table')).toBe(`TABLE_MISSING: ${refusal}`)
    expect(producer.log.filter((line) => line.includes(`the source cannot be read: ${refusal}`))).toHaveLength(1)
    await goesOn('table', 'prodct')
  })

  it('missing columns are named at once, each with its line and the one that was meant', async () => {
    const place = `${world.directory}/capture.yaml:${2 + 6 * 2 + 5}`
    expect(refusalOf('columns')).toBe(
      `COLUMN_MISSING: the table public.columns has no column idd (${place}; did you mean id?), skuu (${place}; did you mean sku?), ` +
        `gone_at (${place}); it has id, company_id, sku, note. Correct the file and restart the event-producer, or bring the column back`,
    )
    await producer.reads('columns')
    await sql(`INSERT INTO columns (idd, company_id) VALUES ('c-fixed', 'c-1')`)
    await eventually(() => expect(world.idsOf('columns')).toEqual(['c-fixed']))
  })

  it('a table without FULL is refused with the statement, which cures it', async () => {
    expect(refusalOf('identity')).toContain(
      'REPLICA_IDENTITY: the write-ahead log does not hold the old rows of public.identity',
    )
    expect(statementFor('identity')).toBe('ALTER TABLE "public"."identity" REPLICA IDENTITY FULL;')
    await goesOn('identity')
  })

  it('a view is refused as what it is', () => {
    expect(refusalOf('view')).toMatch(
      /^TABLE_MISSING: public.view_of_healthy \(.*\) is not a table, and only tables are in the write-ahead log/,
    )
  })

  it('a login without REPLICATION is refused with the statement, after which the next thing that it lacks is said', async () => {
    expect(refusalOf('right')).toContain(`REPLICATION_RIGHT: the role ${roles[0]} may not read the write-ahead log`)
    expect(statementFor('right')).toBe(`ALTER ROLE "${roles[0]}" REPLICATION;`)
    expect(await producer.refusalWith('right', 'PUBLICATION')).toContain('the login needs CREATE on the database')
  })

  it('a login that may not publish is told the statement, and needs no right to SELECT', async () => {
    expect(statementFor('publication')).toMatch(/^CREATE PUBLICATION .* FOR TABLE "public"."publication" WITH/)
    const may = await world.pim.query(`SELECT has_table_privilege('${roles[1]}', 'publication', 'SELECT') AS may`)
    expect(may).toEqual([{ may: false }])
    await goesOn('publication')
  })

  it('a missing environment variable is named with its line and the one that was meant; fixed, its source starts', async () => {
    const fault = `capture.yaml:${2 + 6 * 7 + 1} sources[7].database: the environment variable PIM_UPL is not set: did you mean PIM_URL?`
    const detail = async () => (await producer.health()).parts['capture file']
    expect((await detail())?.detail).toContain(fault)
    expect(producer.log.join('\n')).toContain(fault)
    expect(await producer.total('capture_file_faults')).toBe(1)
    await world.captureSources(SOURCES.map((source) => (source.name === 'variable' ? { name: 'variable' } : source)))
    await goesOn('variable')
    expect(await detail()).toEqual({ ready: true })
    expect(await producer.total('capture_file_faults')).toBe(0)
  })
})
