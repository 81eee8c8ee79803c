import { DatabaseError } from 'pg'
import { nameOf, type ReplicatedSource } from './replicated-source.js'

/**
 * Why a source cannot be read. The source is always tried again, with growing pauses, because a person can fix the cause meanwhile. Callers
 * must branch on this code, never on the message.
 */
export type UnreadableCode =
  /** No connection, or the connection broke. */
  | 'UNREACHABLE'
  /** The login or its password is wrong. */
  | 'LOGIN_REFUSED'
  | 'SERVER_TOO_OLD'
  | 'WAL_LEVEL'
  | 'REPLICATION_RIGHT'
  | 'TABLE_MISSING'
  /**
   * The WAL cannot carry the changes: the table is UNLOGGED, temporary or foreign, a needed column is generated, or the encoding of the
   * database cannot be converted to UTF-8.
   */
  | 'NOT_CAPTURABLE'
  | 'COLUMN_MISSING'
  | 'ID_NOT_UNIQUE'
  | 'REPLICA_IDENTITY'
  | 'PUBLICATION'
  | 'SLOT_RIGHT'
  /** A slot of this name exists, but it belongs to another database or plugin, or it was created with `two_phase`. */
  | 'SLOT_FOREIGN'
  /** Another process is reading the slot. */
  | 'SLOT_ACTIVE'
  /**
   * The database has not reached the last published position, because it was restored or is another database. Or the capture file has an
   * older epoch.
   */
  | 'POSITION_BEHIND'
  /** Postgres has removed WAL that the slot still needed, or the slot itself is gone: changes are lost. */
  | 'SLOT_LOST'
  /** The stream lacks changes, because the publication was missing or narrowed, or another table has the name of a captured table now. */
  | 'CHANGES_MISSING'
  /** The WAL holds a change that can never be decoded. */
  | 'CHANGE_NOT_DECODABLE'
  | 'DATABASE_ERROR'
  /** The consumer of the changes failed. */
  | 'CONSUMER_FAILED'

/** Reports why a source cannot be read now, and how to fix the cause. */
export class SourceUnreadable extends Error {
  override readonly name: string = 'SourceUnreadable'
  /** Statements to run, in order; empty when the message is enough. */
  readonly statements: readonly string[]

  constructor(
    readonly code: UnreadableCode,
    problem: string,
    { statements = [], cause }: { readonly statements?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(
      statements.length === 0 ? problem : `${problem}. Run as an owner or administrator:\n${statements.join('\n')}`,
      cause === undefined ? undefined : { cause },
    )
    this.statements = statements
  }
}

/**
 * Codes that mean that changes are missing. Reading does not continue until a person starts over or accepts the gap, even when the gap can
 * no longer be detected.
 */
export const LOSS_CODES = [
  'CHANGES_MISSING',
  'SLOT_LOST',
  'POSITION_BEHIND',
] as const satisfies readonly UnreadableCode[]
export type LossCode = (typeof LOSS_CODES)[number]

/** Why changes of a table are missing. */
export interface RefusedGap {
  readonly code: LossCode
  readonly reason: string
  /** The id by which a person can accept the gap; only for `CHANGES_MISSING`. Absent: the only way is to start over. */
  readonly id?: string
}

/** Changes of these tables are missing. Going on would hide the gap. */
export class ChangesMissing extends SourceUnreadable {
  /** @param gaps table (`schema.table`) → why its changes are missing */
  constructor(
    readonly gaps: ReadonlyMap<string, RefusedGap>,
    source: ReplicatedSource,
  ) {
    const codes = new Set([...gaps.values()].map(({ code }) => code))
    const [first = 'CHANGES_MISSING'] = codes
    const code = codes.size === 1 ? first : 'CHANGES_MISSING'
    const reasons = [...new Set([...gaps.values()].map(({ reason }) => reason))].join('; ')
    // Only `CHANGES_MISSING` can concern some tables and not others.
    const problem =
      code === 'CHANGES_MISSING' ? `changes of ${[...gaps.keys()].join(', ')} are missing: ${reasons}` : reasons
    super(code, `${problem}. ${wayOut(gaps, source)}`)
  }
}

function wayOut(gaps: ChangesMissing['gaps'], { acceptInstructions, resetInstructions }: ReplicatedSource): string {
  const ids = new Set([...gaps.values()].map(({ id }) => id ?? null))
  const all = [...ids].flatMap((id) => id ?? [])
  return acceptInstructions && !ids.has(null)
    ? `To go on with what the write-ahead log still holds, ${acceptInstructions(all, [...gaps.keys()])}`
    : `To go on from now, ${resetInstructions}`
}

/** Changes of every table of the source are missing, for one reason. */
export const changesOfAllTablesMissing = (source: ReplicatedSource, gap: RefusedGap): ChangesMissing =>
  new ChangesMissing(new Map(source.tables.map((table) => [nameOf(table), gap])), source)

/** The error for a change in the WAL that cannot be decoded. All later changes wait. */
export const notDecodable = (problem: string, { resetInstructions }: ReplicatedSource): SourceUnreadable =>
  new SourceUnreadable(
    'CHANGE_NOT_DECODABLE',
    `${problem}. This change cannot be decoded, and all later changes wait. To go on from now, ${resetInstructions}`,
  )

/** Translates an error of the database driver. */
export function databaseFailure(error: unknown): SourceUnreadable {
  if (error instanceof SourceUnreadable) return error
  if (!(error instanceof DatabaseError)) {
    return new SourceUnreadable('UNREACHABLE', `the database does not answer (${describe(error)})`, { cause: error })
  }
  const state = error.code ?? ''
  if (state.startsWith('28')) {
    return new SourceUnreadable(
      'LOGIN_REFUSED',
      `the database refuses the login (${error.message}): correct the user and the password in the source's URL`,
      { cause: error },
    )
  }
  if (state === '3D000') {
    return new SourceUnreadable(
      'UNREACHABLE',
      `${error.message}: correct the URL of the source, or create the database`,
      {
        cause: error,
      },
    )
  }
  // protocol_violation: the error with which a connection pooler refuses startup options that it does not know.
  if (state === '08P01') {
    return new SourceUnreadable(
      'DATABASE_ERROR',
      `the server refuses the startup options of the session (${error.message}). There seems to be a connection pooler in between, and the ` +
        `write-ahead log cannot be read through a pooler. Name PostgreSQL itself in the source's URL`,
      { cause: error },
    )
  }
  if (state === '55006') return new SourceUnreadable('SLOT_ACTIVE', error.message, { cause: error })
  return new SourceUnreadable('DATABASE_ERROR', error.message, { cause: error })
}

/** If connecting to several addresses fails, the error is an AggregateError. It has no message; only its parts have messages. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((part) => describe(part)).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Wraps an error of the consumer. A SourceUnreadable stays as it is. */
export function consumerFailure(error: unknown): SourceUnreadable {
  return error instanceof SourceUnreadable
    ? error
    : new SourceUnreadable('CONSUMER_FAILED', describe(error), { cause: error })
}
