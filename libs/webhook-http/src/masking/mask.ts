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

/** The headers with the values of secret ones replaced; names are compared without case. */
export function maskHeaders(
  headers: Readonly<Record<string, string>>,
  secretNames: Iterable<string> = [],
): Readonly<Record<string, string>> {
  const secret = new Set([...secretNames].map((name) => name.toLowerCase()))
  const isMasked = (name: string) => secret.has(name.toLowerCase()) || CREDENTIALS.test(name)
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isMasked(name) ? MASK : value] as const),
  )
}
