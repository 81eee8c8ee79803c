import { readFileSync } from 'node:fs'
import type { Setting, SettingsDefinition, SettingsOf } from './setting.js'

/** One thing that is wrong with the environment. */
export interface SettingFault {
  readonly key: string
  readonly rule: string
  /** The value as given, with secrets replaced by `***`. Null when the variable was not set. */
  readonly value: string | null
}

/** All faults of the environment together, so that a person can fix them in one go. */
export class ConfigurationError extends Error {
  readonly code = 'CONFIGURATION_INVALID'
  constructor(readonly faults: readonly SettingFault[]) {
    super(
      [
        'The configuration is not usable:',
        ...faults.map((f) => `  ${f.key}${f.value === null ? '' : `=${f.value}`}: ${f.rule}`),
      ].join('\n'),
    )
    this.name = 'ConfigurationError'
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A rule between several settings. */
export interface CrossRule<S> {
  /** The setting that a fault names. */
  readonly key: string
  /**
   * The requirement, worded to follow the key: `must be at most a third of KAFKA_SESSION_TIMEOUT_MS`. It is also printed in
   * `docs/configuration.md`.
   */
  readonly rule: string
  /** The fault: the text of the rule, or something more precise. Null when the rule holds. */
  faultIn(settings: S): string | null
}

/** Makes a rule from a predicate. Its fault is always the text of the rule. */
export const crossRule = <S>(key: string, rule: string, holds: (settings: S) => boolean): CrossRule<S> => ({
  key,
  rule,
  faultIn: (settings) => (holds(settings) ? null : rule),
})

/**
 * Reads the settings of a service once and freezes them. An empty variable counts as not set.
 * @throws ConfigurationError with every fault, including faults against the rules between settings
 */
export function readSettings<D extends SettingsDefinition>(
  definition: D,
  rules: readonly CrossRule<SettingsOf<D>>[] = [],
  environment: Environment = process.env,
): SettingsOf<D> {
  const faults: SettingFault[] = []
  const values: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(definition)) {
    const raw = rawValue(one, environment, faults)
    if (raw === FAULTY) continue
    const parsed = one.schema.safeParse(raw)
    if (parsed.success) values[name] = parsed.data
    else faults.push({ key: one.key, rule: ruleOf(parsed.error.issues), value: shown(one, raw) })
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  const settings = Object.freeze(values) as SettingsOf<D>
  for (const one of rules) {
    const rule = one.faultIn(settings)
    if (rule !== null) faults.push({ key: one.key, rule, value: null })
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  return settings
}

const FAULTY = Symbol('faulty')

function rawValue(
  one: Setting<unknown>,
  environment: Environment,
  faults: SettingFault[],
): string | undefined | typeof FAULTY {
  const direct = environment[one.key]
  const fileKey = `${one.key}_FILE`
  const file = one.secret ? environment[fileKey] : undefined
  if (!file) return direct === '' ? undefined : direct
  if (direct) {
    faults.push({ key: fileKey, rule: `set either ${one.key} or ${fileKey}, not both`, value: file })
    return FAULTY
  }
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    faults.push({ key: fileKey, rule: `the file cannot be read (${code})`, value: file })
    return FAULTY
  }
}

/** A user and password in a URL are secret, whatever setting holds the URL. */
const shown = (one: Setting<unknown>, raw: string | undefined): string | null =>
  raw === undefined ? null : one.secret ? '***' : raw.replace(/\/\/[^/?#@\s]*@/g, '//***@')

const ruleOf = (issues: readonly { readonly message: string }[]): string =>
  issues.map((issue) => issue.message).join('; ')
