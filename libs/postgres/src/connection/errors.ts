import { DatabaseError } from 'pg'
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm'

/** The database is unavailable, overloaded or shutting down. A later retry may succeed. It is unknown whether a write took effect. */
export class DatabaseUnavailable extends Error {
  readonly code = 'DATABASE_UNAVAILABLE'
  constructor(options?: { cause?: unknown }) {
    super('the database does not answer', options)
    this.name = 'DatabaseUnavailable'
  }
}

/** A row would violate a constraint of the schema; `constraint` is its name. */
export class ConstraintViolation extends Error {
  readonly code = 'CONSTRAINT_VIOLATION'
  constructor(
    readonly kind: 'unique' | 'foreignKey' | 'check',
    readonly constraint: string,
    options?: { cause?: unknown },
  ) {
    super(`the constraint ${constraint} would be violated`, options)
    this.name = 'ConstraintViolation'
  }
}

const VIOLATIONS: Readonly<Record<string, ConstraintViolation['kind']>> = {
  '23505': 'unique',
  '23503': 'foreignKey',
  '23514': 'check',
}

/** SQLSTATEs of transient errors: connection, resources, operator intervention, system errors; serialisation, deadlock, timeouts. */
const TRANSIENT = /^(08|53|57|58|40001$|40P01$|55P03$|25P03$)/

/** Translates errors of the driver and the object mapper for callers. Returns all other errors unchanged. */
export function translateDatabaseError(error: unknown): unknown {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error
  if (cause instanceof DatabaseError) {
    const kind = VIOLATIONS[cause.code ?? '']
    if (kind) return new ConstraintViolation(kind, cause.constraint ?? '', { cause })
    return TRANSIENT.test(cause.code ?? '') ? new DatabaseUnavailable({ cause }) : error
  }
  // A query without a response from the server: the connection broke, or the response came too late.
  const isCutOff = error instanceof QueryFailedError || error instanceof QueryRunnerAlreadyReleasedError
  return isCutOff ? new DatabaseUnavailable({ cause }) : error
}

/** SQLSTATE codes of a server that ends the session: 57P01 to 57P05, and the class of connection errors. */
const SESSION_ENDED = /^(08|57P0)/

/** Whether the connection broke, did not respond, or was ended by the server. False for other errors that the server reported. */
export function isConnectionGone(error: unknown): boolean {
  if (error instanceof QueryRunnerAlreadyReleasedError) return true
  if (!(error instanceof QueryFailedError)) return false
  const cause: unknown = error.driverError
  return !(cause instanceof DatabaseError) || SESSION_ENDED.test(cause.code ?? '')
}
