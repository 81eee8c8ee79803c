import { readFileSync } from 'node:fs'
import type { Setting, SettingsDefinition, SettingsOf } from './setting.js'

/** One thing that is wrong with the environment. */
export interface SettingFault {
  readonly key: string
  readonly rule: string
  /** The value as given, with secrets replaced by `***`. Null when the variable was not set, or when a rule between settings is violated. */
  readonly value: string | null
}

/** All faults that were found together, so that a person can fix them in one go. */
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
  /** The setting under which a violation of this rule is reported. */
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
 * @throws ConfigurationError with every invalid setting; if there is none, with every violated rule between settings
 */
export function readSettings<D extends SettingsDefinition>(
  definition: D,
  rules: readonly CrossRule<SettingsOf<D>>[] = [],
  environment: Environment = process.env,
): SettingsOf<D> {
  const faults: SettingFault[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(definition)) {
    const raw = rawValue(setting, environment, faults)
    if (raw === FAULTY) continue
    const parsed = setting.schema.safeParse(raw)
    if (parsed.success) values[name] = parsed.data
    else faults.push({ key: setting.key, rule: ruleOf(parsed.error.issues), value: shown(setting, raw) })
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  const settings = Object.freeze(values) as SettingsOf<D>
  for (const rule of rules) {
    const fault = rule.faultIn(settings)
    if (fault !== null) faults.push({ key: rule.key, rule: fault, value: null })
  }
  if (faults.length > 0) throw new ConfigurationError(faults)
  return settings
}

const FAULTY = Symbol('faulty')

function rawValue(
  setting: Setting<unknown>,
  environment: Environment,
  faults: SettingFault[],
): string | undefined | typeof FAULTY {
  const direct = environment[setting.key]
  const fileKey = `${setting.key}_FILE`
  const file = setting.secret ? environment[fileKey] : undefined
  if (!file) return direct === '' ? undefined : direct
  if (direct) {
    faults.push({ key: fileKey, rule: `set either ${setting.key} or ${fileKey}, not both`, value: file })
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

/** The value as a fault shows it. A user and password in a URL are hidden, even if the setting is not a secret. */
const shown = (setting: Setting<unknown>, raw: string | undefined): string | null =>
  raw === undefined ? null : setting.secret ? '***' : raw.replace(/\/\/[^/?#@\s]*@/g, '//***@')

const ruleOf = (issues: readonly { readonly message: string }[]): string =>
  issues.map((issue) => issue.message).join('; ')
