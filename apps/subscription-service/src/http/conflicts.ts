import { ConstraintViolation } from '@hooklane/postgres/tenancy'
import { Problem, type Refusal } from './problem.js'

/** The error that a caller gets when a write violates a database constraint, by the name of the constraint. */
export type Conflicts = Readonly<Record<string, Refusal>>

/** Runs a write. If the write violates one of the constraints, throws the error of that constraint. @throws Problem */
export async function refusingConflicts<T>(conflicts: Conflicts, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const refusal = error instanceof ConstraintViolation ? conflicts[error.constraint] : undefined
    if (!refusal) throw error
    throw new Problem(refusal.code, refusal.message, { errors: [refusal], cause: error })
  }
}

/**
 * Runs a write that looks for a resource and creates it if it is missing. If another request creates the resource in between, the write
 * runs again, and finds the resource.
 * @param key name of the unique constraint on the resource's id
 */
export async function retryOnDuplicateKey<T>(key: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof ConstraintViolation && error.constraint === key) return write()
    throw error
  }
}
