import type { Requirement } from '../api-keys/caller.js'

/** The kinds of keys, as schemes: which of them opens an operation is said at each. */
export const SECURITY_SCHEMES = {
  operatorKey: { type: 'http', scheme: 'bearer', description: '`hko_…`: all companies' },
  companyKey: {
    type: 'http',
    scheme: 'bearer',
    description: '`hkc_…`: one company, in the role `owner`, `editor` or `viewer`; each may do what the next may',
  },
  appKey: {
    type: 'http',
    scheme: 'bearer',
    description: '`hka_…`: reads one app, its subscriptions, deliveries and attempts',
  },
} as const

export type SecurityRequirement = Partial<Record<keyof typeof SECURITY_SCHEMES, readonly string[]>>

/** The alternatives that open an operation. */
export function securityOf({ access, forAppKeys }: Requirement): readonly SecurityRequirement[] {
  const alternatives: SecurityRequirement[] = [{ operatorKey: [] }]
  if (access !== 'operator') alternatives.push({ companyKey: [access] })
  if (forAppKeys) alternatives.push({ appKey: [] })
  return alternatives
}

/** The same in words. */
export function whoMayCall({ access, forAppKeys }: Requirement): string {
  if (access === 'operator') return 'For operators.'
  const role = access === 'viewer' ? 'Any key of the company.' : `Needs the role \`${access}\`.`
  return forAppKeys ? `${role} With the key of an app: what belongs to it.` : role
}
