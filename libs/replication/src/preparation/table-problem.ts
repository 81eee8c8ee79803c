import type { UnreadableCode } from '../source-unreadable.js'

/** Why a table cannot be captured as it is. */
export interface TableProblem {
  readonly code: UnreadableCode
  readonly text: string
  /** Statements that fix the problem, in order. */
  readonly statements: readonly string[]
}

/** Returns ` (capture.yaml:9)` if the place is known; else an empty string. */
export const atPlace = (place: string | undefined): string => (place === undefined ? '' : ` (${place})`)
