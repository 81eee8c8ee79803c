import type { AllowedTargets } from '@hooklane/core/delivery'
import ipaddr from 'ipaddr.js'
import { parseAddress } from './address-classifier.js'

/** Thrown for an entry of `ALLOW_TARGETS` that cannot be parsed. A typing error must not open or close the guard silently. */
export class InvalidAllowTargets extends Error {
  readonly code = 'INVALID_ALLOW_TARGETS'
  constructor(entry: string) {
    super(
      `ALLOW_TARGETS: ${JSON.stringify(entry)} is not a CIDR, address, host or host:port (examples: 127.0.0.0/8, ::1/128, localhost, hooks.test:8080, [::1]:8080, *:8080)`,
    )
    this.name = 'InvalidAllowTargets'
  }
}

type Range = ReturnType<typeof ipaddr.parseCIDR>

/** One entry. `port` null: every port. */
type Entry =
  | { readonly kind: 'range'; readonly range: Range; readonly port: number | null }
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null }
  | { readonly kind: 'anyHost'; readonly port: number }

const HOST = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*$/

/** Allows no target beyond public addresses, as in production. */
export const NO_ALLOWED_TARGETS: AllowedTargets = { allows: () => false, names: () => false }

/**
 * Parses a list such as `127.0.0.0/8,::1/128,localhost,hooks.test:8080`. Entries:
 *
 * - a CIDR or an address, for every port; `address:port` or `[::1]:port` for one port
 * - a host, for every port; `host:port` for one port
 * - `*:port`: that port of every public host
 *
 * @throws InvalidAllowTargets
 */
export function parseAllowTargets(text: string): AllowedTargets {
  const entries = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parseEntry)
  if (entries.length === 0) return NO_ALLOWED_TARGETS
  const fits = (entry: Entry, port: number) => entry.port === null || entry.port === port
  return {
    allows: (host, port) => entries.some((entry) => fits(entry, port) && matches(entry, host)),
    names: (host, port) => entries.some((entry) => entry.kind === 'host' && fits(entry, port) && matches(entry, host)),
  }
}

function matches(entry: Entry, host: string): boolean {
  if (entry.kind === 'host') return entry.host === host.toLowerCase()
  const address = parseAddress(host)
  if (entry.kind === 'anyHost') return address === null
  return address !== null && address.kind() === entry.range[0].kind() && address.match(entry.range)
}

function parseEntry(entry: string): Entry {
  const { host, port } = splitPort(entry)
  if (host === '*' && port !== null) return { kind: 'anyHost', port }
  const range = parseRange(host)
  if (range) return { kind: 'range', range, port }
  const name = host.toLowerCase()
  // A name that ends in a number must be a misspelt address or CIDR, because `URL` reads such a host as an address.
  if (!HOST.test(name) || /(^|\.)\d+$/.test(name)) throw new InvalidAllowTargets(entry)
  return { kind: 'host', host: name, port }
}

/** `[::1]:80`, `host:80`, `10.0.0.0/8:80`; an IPv6 address without brackets has no port. */
function splitPort(entry: string): { host: string; port: number | null } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry)
  if (!match) return { host: entry, port: null }
  const port = match[3] === undefined ? null : Number(match[3])
  if (port !== null && (port < 1 || port > 65_535)) throw new InvalidAllowTargets(entry)
  return { host: match[1] ?? match[2] ?? '', port }
}

function parseRange(text: string): Range | null {
  const address = parseAddress(text)
  if (address) return [address, address.kind() === 'ipv4' ? 32 : 128]
  const [base = '', bits = ''] = text.split('/')
  if (!/^\d{1,3}$/.test(bits) || !parseAddress(base) || !ipaddr.isValidCIDR(text)) return null
  return ipaddr.parseCIDR(text)
}
