import type { Requirement } from '../access/caller.js'

/** The kinds of API keys as security schemes. Each operation names the kinds that it accepts. */
export const SECURITY_SCHEMES = {
  operatorKey: { type: 'http', scheme: 'bearer', description: '`hko_…`: all companies' },
  companyKey: {
    type: 'http',
    scheme: 'bearer',
    description: '`hkc_…`: one company, with the role `owner`, `editor` or `viewer`; each role includes the next',
  },
  appKey: {
    type: 'http',
    scheme: 'bearer',
    description: '`hka_…`: reads one app, its subscriptions, deliveries and attempts',
  },
} as const

export type SecurityRequirement = Partial<Record<keyof typeof SECURITY_SCHEMES, readonly string[]>>

/** The kinds of keys that an operation accepts. One key of any of these kinds is enough. */
export function securityOf({ access, forAppKeys }: Requirement): readonly SecurityRequirement[] {
  const alternatives: SecurityRequirement[] = [{ operatorKey: [] }]
  if (access !== 'operator') alternatives.push({ companyKey: [access] })
  if (forAppKeys) alternatives.push({ appKey: [] })
  return alternatives
}

/** Says in words which keys an operation accepts, for its description. */
export function whoMayCall({ access, forAppKeys }: Requirement): string {
  if (access === 'operator') return 'For operators.'
  const role = access === 'viewer' ? 'Any key of the company.' : `Needs the role \`${access}\`.`
  return forAppKeys ? `${role} The key of an app sees only what belongs to that app.` : role
}
