import { parseDuration } from '@hooklane/core/kernel'
import { applyDecorators } from '@nestjs/common'
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsArray, IsObject, ValidateBy, ValidateIf, ValidateNested } from 'class-validator'
import { isDeepStrictEqual } from 'node:util'
import { NOT_AVAILABLE } from './validation-pipe.js'

/**
 * Fields of request bodies and queries: one decorator says the rule to the validator, to the reader and to the OpenAPI document.
 * A field is required unless `optional`; null is refused unless `nullable`.
 */
export interface FieldOptions {
  readonly optional?: boolean
  readonly nullable?: boolean
  readonly description?: string
  readonly example?: unknown
  /** What an absent field means; documentation only. */
  readonly default?: unknown
}

type Schema = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

function field(options: FieldOptions, schema: Schema, ...validators: PropertyDecorator[]): PropertyDecorator {
  return applyDecorators(
    ApiProperty(documentation(options, schema)),
    ValidateIf(
      (_, value: unknown) => !(options.optional && value === undefined) && !(options.nullable && value === null),
    ),
    ValidateBy({
      name: 'required',
      validator: { validate: (value: unknown) => value !== undefined, defaultMessage: () => 'is required' },
    }),
    ...validators,
  )
}

function documentation(options: FieldOptions, schema: Schema): ApiPropertyOptions {
  return {
    ...schema,
    ...(options.nullable ? { nullable: true } : {}),
    required: !options.optional,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.example === undefined ? {} : { example: options.example }),
    ...(options.default === undefined ? {} : { default: options.default }),
  }
}

function must(message: string, check: Check, name = 'invalid'): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: check, defaultMessage: () => message } })
}

/** Control characters break logs and terminals, and Postgres stores no NUL. */
const CLEAN = /^[^\p{Cc}\p{Cs}]*$/u

export function text(
  options: FieldOptions & { readonly max?: number; readonly pattern?: RegExp; readonly rule?: string } = {},
): PropertyDecorator {
  const { max = 200, pattern, rule } = options
  const isText: Check = (value) =>
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= max &&
    CLEAN.test(value) &&
    (pattern?.test(value) ?? true)
  const message = `must be ${rule ?? `1 to ${max} characters without control characters`}`
  return field(
    options,
    { type: 'string', minLength: 1, maxLength: max, ...(pattern ? { pattern: pattern.source } : {}) },
    must(message, isText),
  )
}

export const ID_FORM = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/
const ID_RULE = '1 to 100 letters, digits, dots, colons, dashes or underscores'

/** An id that the server or a caller gave. */
export const id = (options: FieldOptions = {}): PropertyDecorator =>
  text({ ...options, max: 100, pattern: ID_FORM, rule: ID_RULE })

export const flag = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    options,
    { type: 'boolean' },
    must('must be true or false', (value) => typeof value === 'boolean'),
  )

export function wholeNumber(least: number, most: number, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  return field(
    options,
    { type: 'integer', minimum: least, maximum: most },
    must(`must be a whole number from ${least} to ${most}`, isInside),
  )
}

export function number(least: number, most: number, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => typeof value === 'number' && value >= least && value <= most
  return field(
    options,
    { type: 'number', minimum: least, maximum: most },
    must(`must be a number from ${least} to ${most}`, isInside),
  )
}

/** ISO 8601, such as `PT15S`. */
export function duration(leastMs: number, mostMs: number, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : null
    return ms !== null && ms >= leastMs && ms <= mostMs
  }
  const message = `must be an ISO 8601 duration such as PT15S, from ${leastMs / 1000} to ${mostMs / 1000} seconds`
  return field(options, { type: 'string', format: 'duration' }, must(message, isInside))
}

/** An instant in a query. */
export function instant(options: FieldOptions = {}): PropertyDecorator {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/
  const isInstant: Check = (value) => typeof value === 'string' && form.test(value) && !Number.isNaN(Date.parse(value))
  return field(
    options,
    { type: 'string', format: 'date-time' },
    must('must be an instant such as 2026-03-02T08:15:04Z', isInstant),
  )
}

/** One of `now`; a value of `later` is known and refused as not available yet. */
export function choice(
  now: readonly string[],
  options: FieldOptions & { readonly later?: readonly string[] } = {},
): PropertyDecorator {
  const later = options.later ?? []
  return field(
    options,
    { type: 'string', enum: [...now] },
    must(`must be one of ${[...now, ...later].join(', ')}`, (value) => [...now, ...later].includes(value as string)),
    must(
      `is not available yet; possible now: ${now.join(', ')}`,
      (value) => !later.includes(value as string),
      NOT_AVAILABLE,
    ),
  )
}

/** A field of later versions: its default is accepted, any other value is refused as not available yet. */
export function notYet(defaultValue: unknown): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      ...schemaOf(defaultValue),
      const: defaultValue,
      required: false,
      default: defaultValue,
      description: 'Not available yet: only the default is accepted.',
    } as ApiPropertyOptions),
    ValidateIf((_, value: unknown) => value !== undefined),
    must(
      `is not available yet; only ${JSON.stringify(defaultValue)} is accepted`,
      (value) => isDeepStrictEqual(value, defaultValue),
      NOT_AVAILABLE,
    ),
  )
}

function schemaOf(defaultValue: unknown): Schema {
  if (defaultValue === null) return { type: 'null' }
  if (Array.isArray(defaultValue)) return { type: 'array', items: {} }
  if (typeof defaultValue === 'object') return { type: 'object', additionalProperties: true }
  return { type: typeof defaultValue }
}

/** An object with fields of its own. */
export function part(type: () => new () => object, options: FieldOptions = {}): PropertyDecorator {
  // Named `type`, or it would not be taken for a late reference.
  return field(
    options,
    { type: () => type() },
    IsObject({ message: 'must be an object' }),
    ValidateNested(),
    Type(type),
  )
}

/** A list of objects. */
export function parts(type: () => new () => object, most: number, options: FieldOptions = {}): PropertyDecorator {
  return field(
    options,
    { type: () => type(), isArray: true, maxItems: most },
    IsArray({ message: 'must be a list' }),
    must(`must have at most ${most} entries`, (value) => Array.isArray(value) && value.length <= most),
    must(
      'must hold objects only',
      (value) =>
        Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)),
    ),
    ValidateNested({ each: true }),
    Type(type),
  )
}

/** Anything that `check` accepts. */
export function custom(schema: Schema, message: string, check: Check, options: FieldOptions = {}): PropertyDecorator {
  return field(options, schema, must(message, check))
}
