import { parseUrl } from '../../kernel/url/parse-url.js'
import { isCredentialName, looksSecret } from './credential-names.js'

/** Stands in the place of whatever is hidden. */
export const MASK = '***'

/**
 * The URL as people, tables and logs may see it. Receivers take secrets in paths (Slack, Zapier, Make) and in queries, so of the path only
 * the first segment is shown, unless that looks like a secret itself, and of the query only the names: `https://hooks.example.com/services/***?key=***`.
 * Without anything to hide it is the URL itself, normalised. A shown URL is shown unchanged; text that is no URL is masked whole.
 */
export function shownUrl(text: string): string {
  const url = parseUrl(text)
  if (!url) return MASK
  const { protocol, host, pathname, search } = url
  return `${protocol}//${host}${shownPath(pathname)}${shownQuery(search)}`
}

/** Whether a URL that somebody wrote holds the mask in the place of a value: it was copied from where it was shown. */
export function holdsMask(text: string): boolean {
  const url = parseUrl(text)
  if (!url) return false
  const { pathname, search } = url
  return pathname.split('/').includes(MASK) || parametersOf(search).some(({ name, value }) => (value ?? name) === MASK)
}

/** A URL or a path with the values of the parameters hidden that are credentials by their name; all else stays. For URLs that others wrote. */
export const maskCredentialParameters = (text: string): string =>
  text.replace(/([?&#])([^=&#]*)=[^&#]*/g, (whole, mark: string, name: string) =>
    isCredentialName(name) ? `${mark}${name}=${MASK}` : whole,
  )

/** A parameter as it is written; `value` is null without a `=`. */
export interface QueryParameter {
  readonly name: string
  readonly value: string | null
}

/** The parameters of `?a=b&c`, not decoded. Of repeated names each is one. */
export function parametersOf(search: string): readonly QueryParameter[] {
  const parts = search.replace(/^\?/, '').split('&')
  return parts.filter((part) => part !== '').map(parameterOf)
}

function parameterOf(part: string): QueryParameter {
  const at = part.indexOf('=')
  return at === -1 ? { name: part, value: null } : { name: part.slice(0, at), value: part.slice(at + 1) }
}

function shownPath(pathname: string): string {
  const [first = '', ...others] = pathname.slice(1).split('/')
  const shown = looksSecret(first) ? MASK : first
  if (others.every((segment) => segment === '')) return `/${shown}${'/'.repeat(others.length)}`
  return `/${shown}/${MASK}`
}

function shownQuery(search: string): string {
  const shown = parametersOf(search).map(({ name, value }) => {
    const shownName = value === null || looksSecret(name) ? MASK : name
    return value === null ? shownName : `${shownName}=${MASK}`
  })
  return shown.length === 0 ? '' : `?${shown.join('&')}`
}
