import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createPool, type PgPool, type ServiceRole } from '@hooklane/postgres'
import { createDataSource, TenantDatabase } from '@hooklane/postgres/tenancy'
import { createTestDatabase, type TestDatabase } from './test-database.js'

const TENANT_TABLES = [
  'company',
  'api_key',
  'app',
  'subscription',
  'subscription_secret',
  'configuration',
  'delivery',
  'attempt',
  'dead_letter',
  'lane',
  'idempotency_key',
  'company_identity',
  'app_identity',
  'ended_stream',
]

async function seed(database: TestDatabase, company: string): Promise<void> {
  const app = `app_${company}`
  const statements = [
    `INSERT INTO company (id, name) VALUES ('${company}', 'x')`,
    `INSERT INTO api_key (id, company_id, role, name, digest) VALUES ('K${company}', '${company}', 'owner', 'k', sha256('k'))`,
    `INSERT INTO app (id, company_id, name, type, worker_mode, worker_group) VALUES ('${app}', '${company}', 'a', 'shop', 'shared', 'shared-webhook')`,
    `INSERT INTO subscription (id, company_id, app_id, name, enabled, target_url, target_headers, events, workflow_id, workflow_name, delivery)
       VALUES ('sub_${company}', '${company}', '${app}', 's', true, 'https://x.example', '[]', '{*}', 'w', 'w', '{}')`,
    `INSERT INTO subscription_secret (id, company_id, subscription_id, sealed) VALUES ('s${company}', '${company}', 'sub_${company}', 'x')`,
    `INSERT INTO configuration VALUES ('app:${app}', 'app', 1, '{"companyId":"${company}"}')`,
    `INSERT INTO lane (worker_group, app_id, partition, company_id, mode, settled, floor_offset)
       VALUES ('shared-webhook', '${app}', 0, '${company}', 'flow', 0, 0)`,
    `INSERT INTO company_identity VALUES ('${company}', 1)`,
    `INSERT INTO app_identity VALUES ('${app}', '${company}', 1)`,
    `INSERT INTO worker_group (name, partitions, slots) VALUES ('shared-webhook', 6, 4) ON CONFLICT DO NOTHING`,
    `INSERT INTO ended_stream (app_id, epoch, company_id, worker_group) VALUES ('${app}', 1, '${company}', 'shared-webhook')`,
    `INSERT INTO idempotency_key VALUES ('K${company}', '${company}', 'k', 'x', now() + interval '1 day')`,
    `INSERT INTO dead_letter VALUES ('${app}', 1, '${company}', 'msg_1', 'sub', 'a.b', 1, 'r', null, now(), '{}')`,
    `INSERT INTO attempt (day, app_id, sequence, kind, attempt, attempt_id, company_id, delivery_id, owner_epoch, started_at, decision, status)
       VALUES (current_date, '${app}', 1, 'attempt', 1, 'a', '${company}', 'msg_1', 1, now(), 'delivered', 'delivered')`,
    `INSERT INTO delivery (day, app_id, sequence, company_id, delivery_id, subscription_id, subscription_version, worker_group, event_id, event_type,
         entity_type, entity_id, source_topic, source_partition, source_offset, routed_at, mode, status)
       VALUES (current_date, '${app}', 1, '${company}', 'msg_1', 'sub', 1, 'g', 'e', 'a.b', 't', 'i', 'events', 0, 0, now(), 'live', 'delivered')`,
  ]
  await database.query('SET search_path = hooklane')
  for (const statement of statements) await database.query(statement)
}

describe('row-level security', () => {
  let database: TestDatabase
  const pools: PgPool[] = []
  const poolOf = (role: ServiceRole, maxConnections = 2): PgPool => {
    const pool = createPool({ url: database.url, role, maxConnections })
    pools.push(pool)
    return pool
  }

  beforeAll(async () => {
    database = await createTestDatabase('isolation')
    await seed(database, 'cmp_a')
    await seed(database, 'cmp_b')
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()))
    await database.drop()
  })

  it.each(TENANT_TABLES)('%s shows nothing to the service without a context', async (table) => {
    const { rows } = await poolOf('hooklane_service').query(`SELECT * FROM ${table}`)
    expect(rows).toEqual([])
  })

  it.each(TENANT_TABLES)('%s shows nothing to its owner without a context', async (table) => {
    const login = 'isolation_owner'
    await database.query(`CREATE ROLE ${login}`)
    await database.query('BEGIN')
    await database.query(`ALTER TABLE hooklane.${table} OWNER TO ${login}`)
    await database.query(`GRANT USAGE ON SCHEMA hooklane TO ${login}`)
    await database.query(`SET LOCAL ROLE ${login}`)
    const rows = await database.query(`SELECT * FROM hooklane.${table}`)
    await database.query('ROLLBACK')
    await database.query(`DROP ROLE ${login}`)
    expect(rows).toEqual([])
  })

  it('two companies on one connection never see each other, not even after a context has ended', async () => {
    const tenants = new TenantDatabase({ url: database.url, role: 'hooklane_service', maxConnections: 1 })
    const seen = await Promise.all(
      Array.from({ length: 40 }, (_, i) => {
        const companyId = i % 2 === 0 ? 'cmp_a' : 'cmp_b'
        return tenants.transaction({ kind: 'company', companyId }, async (tables) => {
          const { rows } = await tables.apps.page({ limit: 10, after: null })
          return rows.map((row) => row.companyId).join() === companyId
        })
      }),
    )
    expect(new Set(seen)).toEqual(new Set([true]))
    await tenants.close()
    const pool = poolOf('hooklane_service', 1)
    await pool.query(`BEGIN; SELECT set_config('hooklane.company', 'cmp_a', true); COMMIT`)
    expect((await pool.query('SELECT * FROM app')).rows).toEqual([])
  })

  it('a company can neither write a row of another one nor hand its own over', async () => {
    const pool = poolOf('hooklane_service', 1)
    const asA = async (statement: string) => {
      await pool.query('BEGIN')
      try {
        await pool.query(`SELECT set_config('hooklane.company', 'cmp_a', true)`)
        return (await pool.query(statement)).rowCount
      } finally {
        await pool.query('ROLLBACK')
      }
    }
    await expect(asA(`UPDATE app SET company_id = 'cmp_b'`)).rejects.toThrow(/row-level security/)
    expect(await asA(`UPDATE app SET name = 'y' WHERE id = 'app_cmp_b'`)).toBe(0)
    await expect(asA(`INSERT INTO configuration VALUES ('app:z', 'app', 9, '{"companyId":"cmp_b"}')`)).rejects.toThrow(
      /row-level security/,
    )
    await expect(asA(`INSERT INTO company (id, name) VALUES ('cmp_c', 'c')`)).rejects.toThrow(/row-level security/)
  })

  it('each service reads what it needs of all companies, and nothing else', async () => {
    const count = async (role: ServiceRole, table: string) =>
      (await poolOf(role).query(`SELECT * FROM ${table}`)).rowCount
    expect(await count('hooklane_producer', 'configuration')).toBe(3)
    expect(await count('hooklane_dispatcher', 'lane')).toBe(2)
    expect(await count('hooklane_dispatcher', 'ended_stream')).toBe(2)
    expect(await count('hooklane_recorder', 'delivery')).toBe(2)
    expect(await count('hooklane_recorder', 'company_identity')).toBe(2)
    const denied: [ServiceRole, string][] = [
      ['hooklane_dispatcher', 'api_key'],
      ['hooklane_dispatcher', 'configuration'],
      ['hooklane_dispatcher', 'subscription_secret'],
      ['hooklane_dispatcher', 'app_identity'],
      ['hooklane_recorder', 'api_key'],
      ['hooklane_recorder', 'app_identity'],
      ['hooklane_recorder', 'configuration'],
      ['hooklane_producer', 'api_key'],
      ['hooklane_producer', 'delivery'],
      ['hooklane_service', 'delivery_' + new Date().toISOString().slice(0, 10).replaceAll('-', '')],
    ]
    for (const [role, table] of denied) await expect(count(role, table)).rejects.toThrow(/permission denied/)
  })

  it('the recorder makes the partitions it needs; the dispatcher may not', async () => {
    await poolOf('hooklane_recorder').query(`SELECT ensure_log_partitions('2031-01-01')`)
    await expect(poolOf('hooklane_dispatcher').query(`SELECT ensure_log_partitions('2031-01-02')`)).rejects.toThrow(
      /permission denied/,
    )
  })

  it('nobody but the subscription-service says when a company or an app has ended, and nobody takes an id from its company', async () => {
    const refused: [ServiceRole, string][] = [
      ['hooklane_recorder', 'UPDATE company_identity SET ended_at = NULL'],
      ['hooklane_recorder', 'UPDATE company_identity SET incarnation = 9'],
      ['hooklane_recorder', 'DELETE FROM delivery'],
      ['hooklane_dispatcher', `UPDATE ended_stream SET app_id = 'app_x'`],
      ['hooklane_dispatcher', 'DELETE FROM ended_stream'],
      ['hooklane_service', 'DELETE FROM company_identity'],
      ['hooklane_service', 'DELETE FROM app_identity'],
      ['hooklane_service', 'UPDATE partition_owner SET owner = NULL'],
    ]
    for (const [role, statement] of refused) {
      await expect(poolOf(role).query(statement)).rejects.toThrow(/permission denied/)
    }
  })

  it('a where clause with an undefined or null value is an error, never all rows', async () => {
    const source = createDataSource({ url: database.url })
    await source.initialize()
    for (const id of [undefined, null]) {
      await expect(source.getRepository('CompanyEntity').findOneBy({ id })).rejects.toThrow()
    }
    await source.destroy()
  })
})
