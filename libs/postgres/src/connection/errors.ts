import { DatabaseError } from 'pg'
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm'

/** The database is away, overloaded or ending: the same request may work later. A write may or may not have taken effect. */
export class DatabaseUnavailable extends Error {
  readonly code = 'DATABASE_UNAVAILABLE'
  constructor(options?: { cause?: unknown }) {
    super('the database does not answer', options)
    this.name = 'DatabaseUnavailable'
  }
}

/** A row would break a rule of the schema; `constraint` is its name. */
export class ConstraintViolation extends Error {
  readonly code = 'CONSTRAINT_VIOLATION'
  constructor(
    readonly kind: 'unique' | 'foreignKey' | 'check',
    readonly constraint: string,
    options?: { cause?: unknown },
  ) {
    super(`the rule ${constraint} would be broken`, options)
    this.name = 'ConstraintViolation'
  }
}

const VIOLATIONS: Readonly<Record<string, ConstraintViolation['kind']>> = {
  '23505': 'unique',
  '23503': 'foreignKey',
  '23514': 'check',
}

/** SQLSTATE classes: connection, resources, operator intervention; and timeouts, deadlock, serialisation. */
const TRANSIENT = /^(08|53|57|58|40001$|40P01$|55P03$|25P03$)/

/** What an error of the driver or the mapper means to a caller. Errors of other origins pass unchanged. */
export function translateDatabaseError(error: unknown): unknown {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error
  if (cause instanceof DatabaseError) {
    const kind = VIOLATIONS[cause.code ?? '']
    if (kind) return new ConstraintViolation(kind, cause.constraint ?? '', { cause })
    return TRANSIENT.test(cause.code ?? '') ? new DatabaseUnavailable({ cause }) : error
  }
  // A failed query that the server did not answer: the connection is gone or the answer came too late.
  const isCutOff = error instanceof QueryFailedError || error instanceof QueryRunnerAlreadyReleasedError
  return isCutOff ? new DatabaseUnavailable({ cause }) : error
}

/** SQLSTATE of a server that ends the session: 57P01 to 57P05, and the class of connection failures. */
const SESSION_ENDED = /^(08|57P0)/

/** The connection broke or did not answer, as opposed to a server that answers no. */
export function isConnectionGone(error: unknown): boolean {
  if (error instanceof QueryRunnerAlreadyReleasedError) return true
  if (!(error instanceof QueryFailedError)) return false
  const cause: unknown = error.driverError
  return !(cause instanceof DatabaseError) || SESSION_ENDED.test(cause.code ?? '')
}
