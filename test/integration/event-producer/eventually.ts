import * as testing from '@hooklane/testing'

/** Repeats the check until it no longer throws. After the time limit, which only a failing test uses up, rethrows the last error. */
export const eventually = <T>(check: () => T | Promise<T>, withinMs = 45_000): Promise<T> =>
  testing.eventually(check, { withinMs })
