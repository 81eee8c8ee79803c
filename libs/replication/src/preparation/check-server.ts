import type { Client } from 'pg'
import { SourceUnreadable } from '../source-unreadable.js'
import { quoteName } from './quote.js'

/** Since PostgreSQL 15, `pgoutput` skips transactions without published changes, and publications have all options that Hooklane uses. */
const MIN_VERSION = 150_000

export interface ServerFacts {
  /** `server_version_num`. */
  readonly version: number
  readonly role: string
  readonly database: string
  /** `server_encoding`. */
  readonly encoding: string
}

/** Checks that changes can be streamed from the server, and that the role may stream them. @throws SourceUnreadable */
export async function checkServer(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<{
    version: number
    wal_level: string
    role: string
    database: string
    may_replicate: boolean
    replication_role: string | null
    encoding: string
    is_readable: boolean
  }>(`
    SELECT current_setting('server_version_num')::int AS version, current_setting('wal_level') AS wal_level,
           current_user AS role, current_database() AS database,
           -- Attributes are not inherited: a member of a role with REPLICATION may not read the WAL.
           rolsuper OR rolreplication OR EXISTS (
             SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = r.oid AND g.rolname = 'rds_replication') AS may_replicate,
           (SELECT rolname FROM pg_roles WHERE rolname = 'rds_replication') AS replication_role,
           current_setting('server_encoding') AS encoding,
           current_setting('server_encoding') = 'UTF8' OR EXISTS (
             SELECT FROM pg_conversion WHERE condefault AND contoencoding = pg_char_to_encoding('UTF8')
               AND conforencoding = pg_char_to_encoding(current_setting('server_encoding'))) AS is_readable
    FROM pg_roles r WHERE rolname = current_user`)
  const facts = rows[0]
  if (!facts) throw new SourceUnreadable('DATABASE_ERROR', 'the login is not in pg_roles')
  if (facts.version < MIN_VERSION) {
    throw new SourceUnreadable(
      'SERVER_TOO_OLD',
      `PostgreSQL 15 or newer is needed; this is version ${Math.floor(facts.version / 10_000)}: upgrade the server`,
    )
  }
  if (facts.wal_level !== 'logical') {
    throw new SourceUnreadable(
      'WAL_LEVEL',
      `wal_level is ${facts.wal_level}: it must be logical, so that changes can be read from the write-ahead log`,
      { statements: [`ALTER SYSTEM SET wal_level = logical; -- then restart PostgreSQL`] },
    )
  }
  if (!facts.may_replicate) {
    const role = quoteName(facts.role)
    throw new SourceUnreadable(
      'REPLICATION_RIGHT',
      `the role ${facts.role} may not read the write-ahead log: it lacks REPLICATION`,
      {
        statements: [
          // On Amazon RDS the attribute cannot be given; membership in `rds_replication` replaces it.
          facts.replication_role === null
            ? `ALTER ROLE ${role} REPLICATION;`
            : `GRANT ${facts.replication_role} TO ${role};`,
        ],
      },
    )
  }
  if (!facts.is_readable) throw unreadable(facts)
  return facts
}

/**
 * The error for a database whose encoding cannot be converted to UTF-8. In such a database the server does not validate text, and would end
 * the stream at the first text that happens not to be UTF-8.
 */
function unreadable({
  database,
  encoding,
}: {
  readonly database: string
  readonly encoding: string
}): SourceUnreadable {
  const copy = quoteName(`${database}_utf8`)
  return new SourceUnreadable(
    'NOT_CAPTURABLE',
    `the database ${database} has the encoding ${encoding}, which PostgreSQL cannot convert to UTF-8: move its data to a database of ` +
      `another encoding (run pg_dump with --encoding set to the real encoding of the text, then pg_restore), and name the new database in the source's URL`,
    { statements: [`CREATE DATABASE ${copy} TEMPLATE template0 ENCODING 'UTF8';`] },
  )
}
