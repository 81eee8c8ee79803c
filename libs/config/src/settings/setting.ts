import type { z } from 'zod'

/** One environment variable: its rule, what it is for, and whether its value may be shown. */
export interface Setting<T> {
  readonly key: string
  /**
   * Parses the text of the variable. It gets `undefined` when the variable is not set, so the default belongs here and nowhere else. Its
   * description (`.describe`, last in the chain) states the rule in words for `docs/configuration.md`.
   */
  readonly schema: z.ZodType<T>
  /** Text for `docs/configuration.md`: what the setting does, its unit and, where it matters, what too low and too high would do. */
  readonly description: string
  /** Shown as `***` in every message. A secret can also come from a file: `<KEY>_FILE`. */
  readonly secret: boolean
}

/** Settings by the property names that the code uses. */
export type SettingsDefinition = Readonly<Record<string, Setting<unknown>>>

/** The values of a definition. */
export type SettingsOf<D extends SettingsDefinition> = {
  readonly [K in keyof D]: D[K] extends Setting<infer T> ? T : never
}

/** Declares a setting that is read from the environment variable `key`. */
export function setting<T>(key: string, schema: z.ZodType<T>, description: string): Setting<T> {
  return { key, schema, description, secret: false }
}

/** Like `setting`, for a value that must never be shown. `<KEY>_FILE` names a file that holds it. */
export function secretSetting<T>(key: string, schema: z.ZodType<T>, description: string): Setting<T> {
  return { key, schema, description, secret: true }
}
