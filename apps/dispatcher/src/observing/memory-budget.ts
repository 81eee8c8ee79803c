export type BudgetLevel = 'ok' | 'pause'

/** Reading pauses at 80 % of the payload memory and goes on at 60 %: two levels, so that it does not flutter. */
export class MemoryBudget {
  private level: BudgetLevel = 'ok'

  constructor(private readonly maxBytes: number) {}

  /** The level after `heldBytes` was measured, and whether it changed. */
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
