/**
 * Closes a switch over a union: code that does not handle a new case of the union does not compile.
 * @throws Error for a value that is outside the types
 */
export function assertNever(value: never): never {
  throw new Error(`not a known case: ${JSON.stringify(value)}`)
}
