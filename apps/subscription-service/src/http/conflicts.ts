import { ConstraintViolation } from '@hooklane/postgres'
import { Problem, type Refusal } from './problem.js'

/** What a broken rule of the schema means to the caller, by the rule's name. */
export type Conflicts = Readonly<Record<string, Refusal>>

/** Runs a write and answers a broken rule as the refusal that stands for it. */
export async function refusingConflicts<T>(conflicts: Conflicts, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const refusal = error instanceof ConstraintViolation ? conflicts[error.constraint] : undefined
    if (!refusal) throw error
    throw new Problem(refusal.code, refusal.message, { errors: [refusal], cause: error })
  }
}

/** A resource that another request made a moment ago is found the second time. @param key of the resource's ids */
export async function retryOnDuplicateKey<T>(key: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (error instanceof ConstraintViolation && error.constraint === key) return write()
    throw error
  }
}
