/** Attempt records are read by people and kept for days: what opens a receiver's door is not written there. */

const MASK = '***'
/** Headers that hold credentials in most systems, whoever configured them as secret or not. */
const CREDENTIALS = /auth|api-?key|token|secret|password|cookie|credential/i

/** The URL without the values of its query parameters: many receivers take their key there. Text that is no URL is masked whole. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return MASK
  const url = new URL(text)
  const names = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${MASK}`)
  return `${url.origin}${url.pathname}${names.length > 0 ? `?${names.join('&')}` : ''}`
}

/** Whether a header usually holds a credential, so that its value is hidden although nobody called it secret. */
export const isCredentialHeader = (name: string): boolean => CREDENTIALS.test(name)

/** The headers with the values of these hidden; without any, the same object. Names as they are written in `headers`. */
export function maskHeaders(
  headers: Readonly<Record<string, string>>,
  hiddenNames: readonly string[],
): Readonly<Record<string, string>> {
  if (hiddenNames.length === 0) return headers
  // `fromEntries` defines every name, `__proto__` too, as a plain member.
  const masks = hiddenNames.filter((name) => Object.hasOwn(headers, name)).map((name) => [name, MASK] as const)
  return Object.fromEntries([...Object.entries(headers), ...masks])
}
