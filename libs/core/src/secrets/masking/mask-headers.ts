import { MASK } from './shown-url.js'

/** Masks the values of `hiddenNames`. Returns the same object when that list is empty. Names must be written as in `headers`. */
export function maskHeaders(
  headers: Readonly<Record<string, string>>,
  hiddenNames: readonly string[],
): Readonly<Record<string, string>> {
  if (hiddenNames.length === 0) return headers
  // `fromEntries` defines every name, `__proto__` too, as a plain member.
  const masks = hiddenNames.filter((name) => Object.hasOwn(headers, name)).map((name) => [name, MASK] as const)
  return Object.fromEntries([...Object.entries(headers), ...masks])
}
