import { lookup, Resolver } from 'node:dns/promises'
import { processTimers, withTimeout } from '@hooklane/core/kernel'
import { NameNotResolved, codeOf } from './connection-errors.js'

/** Returns all addresses of a name, at least one. Throws `NameNotResolved`. */
export interface HostResolver {
  resolve(host: string): Promise<readonly string[]>
}

/**
 * How long the DNS query for the second address family (IPv4 or IPv6) may take after the first has returned addresses. Too low: misses
 * hosts that can only be reached by the second family. Too high: a broken name server delays every connection.
 */
const SECOND_FAMILY_GRACE_MS = 500

/**
 * Queries DNS through c-ares, so no libuv thread is blocked while a name server hangs, and each name has its own time limit. Neither
 * /etc/hosts nor search domains are used, so `api.default` does not reach a neighbouring service.
 */
export class CaresHostResolver implements HostResolver {
  private readonly resolver: Resolver

  /** `servers`: name servers in the form `127.0.0.1:5353`. Default: the name servers of the system. */
  constructor(
    options: { readonly servers?: readonly string[]; readonly timeoutMs?: number; readonly tries?: number } = {},
  ) {
    this.resolver = new Resolver({ timeout: options.timeoutMs ?? 2_000, tries: options.tries ?? 2 })
    if (options.servers) this.resolver.setServers(options.servers)
  }

  async resolve(host: string): Promise<readonly string[]> {
    const name = host.endsWith('.') ? host : `${host}.`
    const families = [settled(this.resolver.resolve4(name)), settled(this.resolver.resolve6(name))]
    // eslint-disable-next-line no-restricted-syntax -- the first answer of two, not a time limit
    const first = await Promise.race(families)
    const answers =
      first.addresses.length === 0
        ? await Promise.all(families)
        : await Promise.all(families.map((family) => inGrace(family)))
    const addresses = answers.flatMap((answer) => answer.addresses)
    if (addresses.length > 0) return addresses
    throw new NameNotResolved(worstOf(answers.map((answer) => answer.failure)))
  }
}

/** The system's resolver (getaddrinfo): only for hosts that `ALLOW_TARGETS` names, such as `localhost`. */
export const systemHostResolver: HostResolver = {
  async resolve(host) {
    try {
      return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)
    } catch (cause) {
      throw new NameNotResolved(codeOf(cause), { cause })
    }
  },
}

interface Answer {
  readonly addresses: readonly string[]
  readonly failure: string | null
}

async function settled(query: Promise<string[]>): Promise<Answer> {
  try {
    return { addresses: await query, failure: null }
  } catch (error) {
    return { addresses: [], failure: codeOf(error) }
  }
}

function inGrace(answer: Promise<Answer>): Promise<Answer> {
  return withTimeout(processTimers, answer, {
    limitMs: SECOND_FAMILY_GRACE_MS,
    onTimeout: () => ({ addresses: [], failure: 'ETIMEOUT' }),
  })
}

/** Returns the failure to report. Any other failure is more informative than "there is no such record". */
function worstOf(failures: readonly (string | null)[]): string {
  const known = failures.filter((failure) => failure !== null)
  return known.find((failure) => failure !== 'ENODATA' && failure !== 'ENOTFOUND') ?? known[0] ?? 'ENODATA'
}
