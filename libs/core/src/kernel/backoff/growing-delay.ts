/** A delay that grows by a factor with each failure, up to a maximum. Durations in milliseconds. */
export interface GrowingDelay {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
}

/** The delay after failure `failures` (1 for the first) in milliseconds: `first × factor^(failures − 1)`, at most `max`. */
export function growingDelayMs({ firstMs, factor, maxMs }: GrowingDelay, failures: number): number {
  // `factor` to a high power is Infinity, which `max` caps.
  return Math.min(firstMs * factor ** (failures - 1), maxMs)
}
