import { z } from 'zod'

/**
 * Building blocks for the rules of settings. An error message says which value is expected; a description says the same in
 * `docs/configuration.md`.
 */

/** @param what describes the expected value: `a URL postgres://…` */
export const required = (what: string) =>
  z
    .string({ error: `is required: ${what}` })
    .min(1)
    .describe(what)

/** @param what describes the expected value */
export const optionalText = (what = 'text') => z.string().optional().describe(what)

/** @param what describes the expected value */
export const text = (defaultValue: string, what = 'text') => z.string().default(defaultValue).describe(what)

export const integer = (defaultValue: number, min: number, max: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int({ error: `must be a whole number from ${min} to ${max}` })
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` })
    .default(defaultValue)
    .describe(`whole number, ${min} to ${max}`)

export const port = (defaultValue: number) => integer(defaultValue, 0, 65_535)

export const flag = (defaultValue: boolean) =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(defaultValue ? 'true' : 'false')
    .transform((value) => value === 'true')
    .describe('`true` or `false`')

/** A comma-separated list. Blanks around an entry and empty entries are dropped. */
export const list = (defaultValue?: string) => {
  const parts = z.string({ error: 'is required: a comma-separated list' }).transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  const rule =
    defaultValue === undefined
      ? parts.refine((value) => value.length > 0, { error: 'must hold at least one entry' })
      : z.string().default(defaultValue).pipe(parts)
  return rule.describe('comma-separated list')
}

export const oneOf = <T extends string>(values: readonly [T, ...T[]], defaultValue?: T) => {
  const rule = z.enum(values, { error: `must be one of ${values.join(', ')}` })
  const said = values.map((value) => `\`${value}\``).join(', ')
  return (defaultValue === undefined ? rule : rule.default(defaultValue as never)).describe(
    said,
  ) as unknown as z.ZodType<T>
}
