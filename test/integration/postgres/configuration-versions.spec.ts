import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DatabaseUnavailable, TenantDatabase } from '@hooklane/postgres/tenancy'
import { createTestDatabase, type TestDatabase } from './test-database.js'

describe('configuration rows', () => {
  let database: TestDatabase
  let tenants: TenantDatabase
  beforeAll(async () => {
    database = await createTestDatabase('configuration')
    tenants = new TenantDatabase({ url: database.url, role: 'hooklane_service' })
  })
  afterAll(async () => {
    await tenants.close()
    await database.drop()
  })
  const rowOf = async (key: string) =>
    (
      await database.query<{ version: string; body: string }>('SELECT * FROM hooklane.configuration WHERE key = $1', [
        key,
      ])
    )[0]

  it('of many writers of one key, the one that stands has the highest version', async () => {
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        tenants.transaction({ kind: 'operator' }, async (tables) => {
          await tables.configuration.put('company', 'cmp_1', { id: 'cmp_1', name: String(n) })
          const row = await rowOf('company:cmp_1')
          return row === undefined ? 0 : Number(row.version)
        }),
      ),
    )
    const last = await rowOf('company:cmp_1')
    expect(Number(last!.version)).toBeGreaterThan(Math.max(...written))
  })

  it('a removal takes a version above that of the row, which the deleted row’s image carries', async () => {
    await database.query(`CREATE TABLE removed (key text, version bigint)`)
    await database.query(`GRANT INSERT ON removed TO PUBLIC`)
    await database.query(`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO public.removed VALUES (OLD.key, OLD.version); RETURN OLD; END $$`)
    await database.query(
      'CREATE TRIGGER note AFTER DELETE ON hooklane.configuration FOR EACH ROW EXECUTE FUNCTION note()',
    )
    await tenants.transaction({ kind: 'operator' }, (tables) =>
      tables.configuration.put('app', 'app_1', { id: 'app_1', companyId: 'cmp_1' }),
    )
    const before = Number((await rowOf('app:app_1'))!.version)
    await tenants.transaction({ kind: 'operator' }, (tables) => tables.configuration.removeCompany('cmp_1'))
    const removed = await database.query<{ key: string; version: string }>('SELECT * FROM removed ORDER BY key')
    expect(removed.map((row) => row.key)).toEqual(['app:app_1', 'company:cmp_1'])
    expect(Number(removed[0]!.version)).toBeGreaterThan(before)
  })

  it('what fails in a transaction leaves nothing behind', async () => {
    const failure = new Error('stop')
    await expect(
      tenants.transaction({ kind: 'operator' }, async (tables) => {
        await tables.configuration.put('company', 'cmp_9', { id: 'cmp_9', name: 'x' })
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(await rowOf('company:cmp_9')).toBeUndefined()
  })

  it('a server that is away is DatabaseUnavailable, and the same object works once it is back', async () => {
    const url = new URL(database.url)
    url.port = '1'
    const away = new TenantDatabase({ url: url.href })
    await expect(away.ping()).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(away.ping()).rejects.toBeInstanceOf(DatabaseUnavailable)
    await away.close()
  })

  it('a connection that the server ends is DatabaseUnavailable for those it cut off, then new ones are used', async () => {
    const cut = tenants.transaction({ kind: 'operator' }, async (tables) => {
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      return tables.eventTypes.names()
    })
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable)
    // Idle connections were ended too: each may still be handed out once.
    const outcomes: boolean[] = []
    while (outcomes.at(-1) !== true && outcomes.length < 12) {
      outcomes.push(
        await tenants.ping().then(
          () => true,
          () => false,
        ),
      )
    }
    expect(outcomes.at(-1)).toBe(true)
  })
})
