import { z } from 'zod'

/** Rules that settings are made of. Each message says what is expected. */

export const required = (what: string) => z.string({ error: `is required: ${what}` }).min(1)

export const optionalText = () => z.string().optional()

export const text = (standard: string) => z.string().default(standard)

export const integer = (standard: number, least: number, most: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${least} to ${most}` })
    .int({ error: `must be a whole number from ${least} to ${most}` })
    .min(least, { error: `must be at least ${least}` })
    .max(most, { error: `must be at most ${most}` })
    .default(standard)

export const port = (standard: number) => integer(standard, 0, 65_535)

export const flag = (standard: boolean) =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default(standard ? 'true' : 'false')
    .transform((value) => value === 'true')

/** Comma-separated; blanks around the parts do not matter. */
export const list = (standard?: string) => {
  const parts = z.string({ error: 'is required: a comma-separated list' }).transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  return standard === undefined
    ? parts.refine((value) => value.length > 0, { error: 'must name at least one' })
    : z.string().default(standard).pipe(parts)
}

export const oneOf = <T extends string>(values: readonly [T, ...T[]], standard: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).default(standard as never) as unknown as z.ZodType<T>
