import type { AllowedTargets } from '@hooklane/core/delivery'
import { isPublicAddress, parseAddress } from '../address/address-classifier.js'
import { AddressBlocked } from './connection-errors.js'
import type { HostResolver } from './host-resolver.js'

/**
 * Decides to which addresses a connection may go. Every connection asks again, and only the addresses that were checked here are dialled:
 * a name that pointed elsewhere a moment ago, or points elsewhere the next moment, changes nothing.
 */
export class AddressGuard {
  constructor(
    private readonly allowed: AllowedTargets,
    private readonly resolver: HostResolver,
    private readonly systemResolver: HostResolver,
  ) {}

  /** Throws `AddressBlocked` when a literal, or any one of a name's addresses, is not let through; `NameNotResolved` when there is none. */
  async addressesOf(host: string, port: number): Promise<readonly string[]> {
    if (parseAddress(host)) {
      // Node asks no resolver for literals: a guard inside of `lookup` would never see them.
      if (!this.lets(host, host, port)) throw new AddressBlocked()
      return [host]
    }
    const named = this.allowed.names(host, port)
    const addresses = await (named ? this.systemResolver : this.resolver).resolve(host)
    if (!addresses.every((address) => this.lets(host, address, port))) throw new AddressBlocked()
    return addresses
  }

  /** Whether a connection to `host` may stand that ended up at `address`. */
  lets(host: string, address: string, port: number): boolean {
    if (this.allowed.names(host, port)) return true
    return isPublicAddress(address) || this.allowed.allows(address, port)
  }
}
