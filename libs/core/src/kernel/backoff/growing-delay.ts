/** A delay that grows by a factor with each failure, up to a maximum. Durations in milliseconds. */
export interface GrowingDelay {
  readonly firstMs: number
  readonly factor: number
  readonly maxMs: number
}

/** The delay in milliseconds after the given number of failures (at least 1): `firstMs × factor^(failures − 1)`, at most `maxMs`. */
export function growingDelayMs({ firstMs, factor, maxMs }: GrowingDelay, failures: number): number {
  // `factor` to a high power is Infinity, which `maxMs` caps.
  return Math.min(firstMs * factor ** (failures - 1), maxMs)
}
