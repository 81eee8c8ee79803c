import type { AllowedTargets } from '@hooklane/core/delivery'
import { isPublicAddress, parseAddress } from '../targets/address-classifier.js'
import { AddressBlocked } from './connection-errors.js'
import type { HostResolver } from './host-resolver.js'

/**
 * Decides to which addresses a connection may be opened. Every connection is checked anew, and only addresses that were checked here are
 * dialled, so a DNS name whose addresses change between two look-ups cannot bypass the check.
 */
export class AddressGuard {
  constructor(
    private readonly allowed: AllowedTargets,
    private readonly resolver: HostResolver,
    private readonly systemResolver: HostResolver,
  ) {}

  /**
   * Returns the addresses that may be dialled for a host.
   *
   * @throws AddressBlocked when a literal address, or any address of a name, is not allowed
   * @throws NameNotResolved when a name has no address
   */
  async addressesOf(host: string, port: number): Promise<readonly string[]> {
    if (parseAddress(host)) {
      // Node does not call a resolver for literal addresses, so a guard inside `lookup` would never see them.
      if (!this.lets(host, host, port)) throw new AddressBlocked()
      return [host]
    }
    const named = this.allowed.names(host, port)
    const addresses = await (named ? this.systemResolver : this.resolver).resolve(host)
    if (!addresses.every((address) => this.lets(host, address, port))) throw new AddressBlocked()
    return addresses
  }

  /** Whether a connection to `host` that reached `address` is allowed. */
  lets(host: string, address: string, port: number): boolean {
    if (this.allowed.names(host, port)) return true
    return isPublicAddress(address) || this.allowed.allows(address, port)
  }
}
