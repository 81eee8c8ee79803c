/**
 * Closes a switch over a union: an added case that is not handled does not compile.
 * @throws Error for a value that is outside the types
 */
export function assertNever(value: never): never {
  throw new Error(`not a known case: ${JSON.stringify(value)}`)
}
