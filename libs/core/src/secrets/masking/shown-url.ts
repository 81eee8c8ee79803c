import { parseUrl } from '../../kernel/url/parse-url.js'
import { isCredentialName, looksSecret } from './credential-names.js'

/** Replaces every hidden value. */
export const MASK = '***'

/**
 * The URL as people, tables and logs may see it: `https://hooks.example.com/services/***?key=***`. Receivers take secrets in paths (Slack,
 * Zapier, Make) and in queries. So only the first segment of the path and the names in the query are shown, and they are masked as well if
 * they look like secrets.
 *
 * A URL with nothing to hide is only normalised. A URL that was masked before stays unchanged. Text that is no URL is masked as a whole.
 */
export function shownUrl(text: string): string {
  const url = parseUrl(text)
  if (!url) return MASK
  const { protocol, host, pathname, search } = url
  return `${protocol}//${host}${shownPath(pathname)}${shownQuery(search)}`
}

/** Whether a URL contains the mask in place of a value. Such a URL was copied from a place that shows masked URLs. */
export function holdsMask(text: string): boolean {
  const url = parseUrl(text)
  if (!url) return false
  const { pathname, search } = url
  return pathname.split('/').includes(MASK) || parametersOf(search).some(({ name, value }) => (value ?? name) === MASK)
}

/** Masks the values of parameters whose names are those of credentials. Changes nothing else. For URLs and paths that others wrote. */
export const maskCredentialParameters = (text: string): string =>
  text.replace(/([?&#])([^=&#]*)=[^&#]*/g, (whole, mark: string, name: string) =>
    isCredentialName(name) ? `${mark}${name}=${MASK}` : whole,
  )

/** A parameter of a query, not decoded; `value` is null when there is no `=`. */
export interface QueryParameter {
  readonly name: string
  readonly value: string | null
}

/** The parameters of `?a=b&c`, not decoded. A name that is repeated gives several parameters. */
export function parametersOf(search: string): readonly QueryParameter[] {
  const parts = search.replace(/^\?/, '').split('&')
  return parts.filter((part) => part !== '').map(parameterOf)
}

function parameterOf(part: string): QueryParameter {
  const at = part.indexOf('=')
  return at === -1 ? { name: part, value: null } : { name: part.slice(0, at), value: part.slice(at + 1) }
}

/** The hidden segments of a path, not decoded: all except the first, and the first as well if it looks like a secret. */
export function hiddenSegments(pathname: string): readonly string[] {
  const { first, others } = segmentsOf(pathname)
  return [...(looksSecret(first) ? [first] : []), ...others.filter((segment) => segment !== '')]
}

function segmentsOf(pathname: string): { readonly first: string; readonly others: readonly string[] } {
  const [first = '', ...others] = pathname.slice(1).split('/')
  return { first, others }
}

function shownPath(pathname: string): string {
  const { first, others } = segmentsOf(pathname)
  const shown = looksSecret(first) ? MASK : first
  if (others.every((segment) => segment === '')) return `/${shown}${'/'.repeat(others.length)}`
  return `/${shown}/${MASK}`
}

/** Whether the name of a parameter is hidden. The value is always hidden. */
export const isNameHidden = ({ name, value }: QueryParameter): boolean => value === null || looksSecret(name)

function shownQuery(search: string): string {
  const shown = parametersOf(search).map((parameter) => {
    const { name, value } = parameter
    const shownName = isNameHidden(parameter) ? MASK : name
    return value === null ? shownName : `${shownName}=${MASK}`
  })
  return shown.length === 0 ? '' : `?${shown.join('&')}`
}
