/** Closes a switch over a union: a case that is added and not handled does not compile. @throws Error when a value came from outside the types */
export function assertNever(value: never): never {
  throw new Error(`not a known case: ${JSON.stringify(value)}`)
}
