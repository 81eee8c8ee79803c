import { parseUrl } from '../../kernel/url/parse-url.js'

/** Whether a receiver's URL may be stored and called. The same rules apply when the URL is saved and before every connection. */

export const MAX_URL_LENGTH = 2048
const OPEN_PORTS: ReadonlySet<string> = new Set(['', '443', '8443'])

/** Classifies hosts. The core only declares it, because an implementation needs a library. */
export interface AddressClassifier {
  /** Whether an IP literal (without brackets) is a public unicast address. `notAnAddress` for names. */
  classify(host: string): 'public' | 'blocked' | 'notAnAddress'
  /** Whether the name is below a suffix under which the public can register names (`shop.example.co.uk`, not `co.uk`, not `api.svc`). */
  hasPublicSuffix(host: string): boolean
}

/** Targets that an operator has exempted from these rules with `ALLOW_TARGETS`. They may also use plain http. */
export interface AllowedTargets {
  /** `host` is a name, or an IP literal without brackets. */
  allows(host: string, port: number): boolean
  /**
   * Whether an entry of `ALLOW_TARGETS` names the host itself. If so, any address that the host resolves to is allowed, and the system's
   * resolver may be asked.
   */
  names(host: string, port: number): boolean
}

export type TargetFaultCode =
  | 'URL_TOO_LONG'
  | 'URL_CHARACTERS'
  | 'URL_SCHEME'
  | 'URL_INVALID'
  | 'URL_USERINFO'
  | 'URL_FRAGMENT'
  | 'URL_PORT'
  | 'HOST_NOT_PUBLIC'
  | 'ADDRESS_BLOCKED'

/** `url` is the normalised URL. Store this form, because the checks were made on it. */
export type TargetCheck =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly code: TargetFaultCode; readonly message: string }

/** Names that never lead to the public internet, whatever a resolver says. */
const DENIED_SUFFIXES = [
  'local',
  'internal',
  'svc',
  'localhost',
  'localdomain',
  'arpa',
  'lan',
  'home',
  'corp',
  'intranet',
  'private',
  'test',
  'invalid',
  'onion',
] as const

/** Space, control and format characters, which parsers drop silently, and the backslash, which they read as a slash. */
const UNCLEAR = /[\s\p{Cc}\p{Cf}\p{Cs}\\]/u

const fault = (code: TargetFaultCode, message: string): TargetCheck => ({ ok: false, code, message })

/** Pure: no name is resolved here. The sender checks the resolved addresses at every connection. */
export function checkTargetUrl(
  raw: string,
  options: { readonly allowTargets: AllowedTargets; readonly classifier: AddressClassifier },
): TargetCheck {
  const unclear = checkText(raw)
  if (unclear) return unclear
  const url = parseUrl(raw)
  if (!url) return fault('URL_INVALID', 'must be an absolute URL')
  if (url.username !== '' || url.password !== '') return fault('URL_USERINFO', 'must not contain a user or password')
  if (url.href.length > MAX_URL_LENGTH) return fault('URL_TOO_LONG', `must have at most ${MAX_URL_LENGTH} characters`)

  const host = hostOf(url)
  if (options.allowTargets.allows(host, portOf(url))) return { ok: true, url: url.href }
  if (url.protocol !== 'https:') return fault('URL_SCHEME', 'must begin with https://')
  if (!OPEN_PORTS.has(url.port)) return fault('URL_PORT', 'must use port 443 or 8443')
  return checkHost(host, options.classifier) ?? { ok: true, url: url.href }
}

/** The host without the brackets of an IPv6 literal. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** Checks the text as typed, because normalisation would hide these faults. */
function checkText(raw: string): TargetCheck | null {
  if (raw.length > MAX_URL_LENGTH) return fault('URL_TOO_LONG', `must have at most ${MAX_URL_LENGTH} characters`)
  if (UNCLEAR.test(raw)) {
    return fault('URL_CHARACTERS', 'must not contain spaces, control or invisible characters, or backslashes')
  }
  const scheme = /^(https?):\/\/([^/?#]*)/i.exec(raw)
  if (!scheme) return fault('URL_SCHEME', 'must begin with https://')
  const authority = scheme[2] ?? ''
  if (authority === '') return fault('URL_INVALID', 'must name a host')
  if (authority.includes('@')) return fault('URL_USERINFO', 'must not contain a user or password')
  if (raw.includes('#')) return fault('URL_FRAGMENT', 'must not contain a fragment')
  return null
}

function checkHost(host: string, classifier: AddressClassifier): TargetCheck | null {
  const address = classifier.classify(host)
  if (address === 'blocked') return fault('ADDRESS_BLOCKED', 'must not be a private or reserved address')
  if (address === 'public') return null
  const labels = host.split('.')
  const denied = DENIED_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
  if (denied || labels.length < 2 || labels.includes('') || !classifier.hasPublicSuffix(host)) {
    return fault('HOST_NOT_PUBLIC', 'must be a name below a public suffix, such as shop.example.com')
  }
  return null
}
