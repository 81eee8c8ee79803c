import type { ConfigurationKind } from '@hooklane/contracts/records'
import type { PoolClient } from 'pg'
import type { PgPool } from '../connection/create-pool.js'

/** A row of the table `configuration`: one company, app, subscription, worker group or ended stream. */
export interface ConfigurationRow {
  /** `<kind>:<id>` */
  readonly key: string
  readonly kind: ConfigurationKind
  /** A number from one sequence for all keys. */
  readonly version: bigint
  /** JSON that matches the contract's schema of the kind. */
  readonly body: string
}

/** Row-level security hides rows of `configuration` from this login. A read would silently return only a part. */
export class ConfigurationHidden extends Error {
  readonly code = 'CONFIGURATION_HIDDEN'
  constructor() {
    super(
      'row-level security hides the configuration from this login: run the migrations again as the owner of the schema hooklane, ' +
        'and use a login that may SET ROLE hooklane_producer',
    )
    this.name = 'ConfigurationHidden'
  }
}

/** True if every row is visible: row-level security does not apply, or a policy that allows all rows applies to this role. */
const SEES_ALL = `
  SELECT NOT row_security_active('hooklane.configuration') OR EXISTS (
    SELECT FROM pg_policies
    WHERE schemaname = 'hooklane' AND tablename = 'configuration' AND permissive = 'PERMISSIVE' AND cmd IN ('ALL', 'SELECT') AND qual = 'true'
      AND EXISTS (SELECT FROM unnest(roles) AS held WHERE held = 'public' OR pg_has_role(current_user, held, 'USAGE'))) AS sees_all`

/**
 * Reads the whole table, lowest version first.
 * @throws ConfigurationHidden instead of returning only a part of the table
 */
export function readConfiguration(pool: PgPool): Promise<readonly ConfigurationRow[]> {
  return withWholeConfiguration(pool, async (client) => {
    const { rows } = await client.query<{ key: string; kind: ConfigurationKind; version: string; body: string }>(
      'SELECT key, kind, version::text AS version, body FROM hooklane.configuration ORDER BY hooklane.configuration.version',
    )
    return rows.map((row) => ({ ...row, version: BigInt(row.version) }))
  })
}

/** The ids of all existing companies. @throws ConfigurationHidden */
export function readCompanyIds(pool: PgPool): Promise<readonly string[]> {
  return withWholeConfiguration(pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `SELECT substr(key, length('company:') + 1) AS id FROM hooklane.configuration WHERE kind = 'company' ORDER BY key COLLATE "C"`,
    )
    return rows.map(({ id }) => id)
  })
}

async function withWholeConfiguration<T>(pool: PgPool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    const seen = await client.query<{ sees_all: boolean }>(SEES_ALL)
    if (seen.rows[0]?.sees_all !== true) throw new ConfigurationHidden()
    return await work(client)
  } finally {
    client.release()
  }
}
