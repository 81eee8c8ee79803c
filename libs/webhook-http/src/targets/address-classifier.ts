import type { AddressClassifier } from '@hooklane/core/delivery'
import ipaddr from 'ipaddr.js'
import { parse } from 'tldts'

type Address = ReturnType<typeof ipaddr.parse>

const cidrs = (...texts: string[]) => texts.map((text) => ipaddr.parseCIDR(text))

/** Addresses that every registry lists as unicast, although they belong to the host network of a cloud (Azure's wire server). */
const BLOCKED_V4 = cidrs('168.63.129.16/32')

/** Only IPv6 addresses with this prefix are allowed, because all other addresses are special, reserved, or translations of IPv4. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')
/** Ranges within `GLOBAL_V6` that are refused: protocol assignments (Teredo, ORCHID, benchmarking), documentation, 6to4. */
const BLOCKED_V6 = cidrs('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20')

/** Parses an address in any spelling that `ipaddr.js` accepts strictly. Returns IPv4-mapped IPv6 as IPv4, and null for names. */
export function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : null
}

/** Whether packets may be sent to the address: only to public unicast. Text that is not an address returns false. */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text)
  if (address?.range() !== 'unicast') return false
  if (address.kind() === 'ipv4') return !BLOCKED_V4.some((range) => address.match(range))
  return address.match(GLOBAL_V6) && !BLOCKED_V6.some((range) => address.match(range))
}

/**
 * Expects `host` from WHATWG `URL`, which converts every spelling of an IPv4 address (`0x7f.1`, `2130706433`, `①②⑦.0.0.1`) to four decimal
 * parts. Other numeric spellings do not reach this code; here they would count as names without a public suffix.
 */
export const addressClassifier: AddressClassifier = {
  classify(host) {
    if (!parseAddress(host)) return 'notAnAddress'
    return isPublicAddress(host) ? 'public' : 'blocked'
  },
  hasPublicSuffix(host) {
    const { isIcann, domain, isIp } = parse(host, { allowPrivateDomains: false, mixedInputs: false })
    return isIcann === true && domain !== null && isIp !== true
  },
}
