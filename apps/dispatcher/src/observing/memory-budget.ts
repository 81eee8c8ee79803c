export type BudgetLevel = 'ok' | 'pause'

/** Reading pauses at 80 % of the payload memory and resumes at 60 %. Two thresholds keep it from switching at every measurement. */
export class MemoryBudget {
  private level: BudgetLevel = 'ok'

  constructor(private readonly maxBytes: number) {}

  /** Returns the level for the measured `heldBytes`, and whether the level changed. */
  update(heldBytes: number): { readonly level: BudgetLevel; readonly hasChanged: boolean } {
    const share = heldBytes / this.maxBytes
    const level = share >= PAUSE_AT ? 'pause' : share <= RESUME_AT ? 'ok' : this.level
    const hasChanged = level !== this.level
    this.level = level
    return { level, hasChanged }
  }
}

const PAUSE_AT = 0.8
const RESUME_AT = 0.6
