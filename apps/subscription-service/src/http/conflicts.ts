import { ConstraintViolation } from '@hooklane/postgres'
import { Problem, type Fault } from './problem.js'

/** What a broken rule of the schema means to the caller, by the rule's name. */
export type Conflicts = Readonly<Record<string, Fault & { readonly status: 404 | 409 }>>

/** Runs a write and answers a broken rule as the refusal that stands for it. */
export async function refusingConflicts<T>(conflicts: Conflicts, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const refusal = error instanceof ConstraintViolation ? conflicts[error.constraint] : undefined
    if (!refusal) throw error
    const { status, ...fault } = refusal
    throw new Problem(status, fault.code, fault.message, { errors: [fault], cause: error })
  }
}
