import { lookup, Resolver } from 'node:dns/promises'
import { NameNotResolved, codeOf } from './connection-errors.js'

/** All addresses of a name. Throws `NameNotResolved`; never answers an empty list. */
export interface HostResolver {
  resolve(host: string): Promise<readonly string[]>
}

/** After one family answered, how long the other may take. Too low misses IPv6-only paths that work; too high lets a broken server delay every connection. */
const SECOND_FAMILY_GRACE_MS = 500

/**
 * Asks DNS through c-ares: no thread of libuv is blocked while a name server hangs, neither /etc/hosts nor search domains are looked at
 * (`api.default` is no neighbour), and each name has its own limit.
 */
export class CaresHostResolver implements HostResolver {
  private readonly resolver: Resolver

  /** `servers` in the form `127.0.0.1:5353`; absent: the system's. */
  constructor(
    options: { readonly servers?: readonly string[]; readonly timeoutMs?: number; readonly tries?: number } = {},
  ) {
    this.resolver = new Resolver({ timeout: options.timeoutMs ?? 2_000, tries: options.tries ?? 2 })
    if (options.servers) this.resolver.setServers(options.servers)
  }

  async resolve(host: string): Promise<readonly string[]> {
    const name = host.endsWith('.') ? host : `${host}.`
    const families = [settled(this.resolver.resolve4(name)), settled(this.resolver.resolve6(name))]
    const first = await Promise.race(families)
    const answers =
      first.addresses.length === 0
        ? await Promise.all(families)
        : await Promise.all(families.map((family) => withTimeout(family, SECOND_FAMILY_GRACE_MS)))
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

async function withTimeout(answer: Promise<Answer>, ms: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(() => resolve({ addresses: [], failure: 'ETIMEOUT' }), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** "There is no such record" says less than any other failure. */
function worstOf(failures: readonly (string | null)[]): string {
  const known = failures.filter((failure) => failure !== null)
  return known.find((failure) => failure !== 'ENODATA' && failure !== 'ENOTFOUND') ?? known[0] ?? 'ENODATA'
}
