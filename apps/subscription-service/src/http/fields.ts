import { parseDuration } from '@hooklane/core/kernel'
import { applyDecorators } from '@nestjs/common'
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsArray, IsObject, ValidateBy, ValidateIf, ValidateNested } from 'class-validator'
import { isDeepStrictEqual } from 'node:util'
import { declared, type FieldDeclaration, type FieldOptions, type Form } from './field-declarations.js'
import { isInstant } from './instants.js'
import { NOT_AVAILABLE } from './validation-pipe.js'

/**
 * Fields of request bodies and queries. One decorator declares a rule for the validator, for readers of the code and for the OpenAPI
 * document. A field may be absent only if `optional` is set. It may be null only if `nullable` is set.
 */

type Schema = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const field = (options: FieldOptions, schema: Schema, ...validators: PropertyDecorator[]): PropertyDecorator =>
  declared(declaration(options, schema, validators))

const declaration = (
  options: FieldOptions,
  schema: Schema,
  validators: readonly PropertyDecorator[],
): FieldDeclaration => ({
  schema,
  options,
  documented: (options) => ApiProperty(documentation(options, schema)),
  validated: ({ optional, nullable }) =>
    applyDecorators(
      ValidateIf((_, value: unknown) => !(optional && value === undefined) && !(nullable && value === null)),
      ValidateBy({
        name: 'required',
        validator: { validate: (value: unknown) => value !== undefined, defaultMessage: () => 'is required' },
      }),
      ...validators,
    ),
})

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

/** Text without lone surrogates, and without control characters, which break logs and terminals. Postgres cannot store NUL at all. */
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
export const ID_RULE = '1 to 100 letters, digits, dots, colons, dashes or underscores, and start with a letter or digit'

/** An id that the server assigned or a caller chose. */
export const id = (options: FieldOptions = {}): PropertyDecorator =>
  text({ ...options, max: 100, pattern: ID_FORM, rule: ID_RULE })

export const flag = (options: FieldOptions = {}): PropertyDecorator =>
  field(
    options,
    { type: 'boolean' },
    must('must be true or false', (value) => typeof value === 'boolean'),
  )

/** A range that includes both ends. */
interface Range {
  readonly min: number
  readonly max: number
}

export function wholeNumber({ min, max }: Range, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max
  return field(
    options,
    { type: 'integer', minimum: min, maximum: max },
    must(`must be a whole number from ${min} to ${max}`, isInside),
  )
}

export function number({ min, max }: Range, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => typeof value === 'number' && value >= min && value <= max
  return field(
    options,
    { type: 'number', minimum: min, maximum: max },
    must(`must be a number from ${min} to ${max}`, isInside),
  )
}

/** A duration in ISO 8601, such as `PT15S`. The range is in milliseconds. */
export function duration({ min, max }: Range, options: FieldOptions = {}): PropertyDecorator {
  const isInside: Check = (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : null
    return ms !== null && ms >= min && ms <= max
  }
  const message = `must be an ISO 8601 duration such as PT15S, from ${min / 1000} to ${max / 1000} seconds`
  return field(options, { type: 'string', format: 'duration' }, must(message, isInside))
}

/** An RFC 3339 instant, for queries. */
export function instant(options: FieldOptions = {}): PropertyDecorator {
  const isOne: Check = (value) => typeof value === 'string' && isInstant(value)
  return field(
    options,
    { type: 'string', format: 'date-time' },
    must('must be an instant such as 2026-03-02T08:15:04Z', isOne),
  )
}

/** One of the values in `now`. The values in `later` are not available yet, and are refused with `NOT_AVAILABLE`. */
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
      `is not available yet; available values: ${now.join(', ')}`,
      (value) => !later.includes(value as string),
      NOT_AVAILABLE,
    ),
  )
}

/** A field that is not available yet: its default is accepted, any other value is refused with `NOT_AVAILABLE`. */
export function notYetAvailable(defaultValue: unknown): PropertyDecorator {
  const schema = { ...schemaOf(defaultValue), const: defaultValue }
  const description = 'Not available yet: only the default is accepted.'
  return declared({
    schema,
    options: { optional: true },
    documented: () => ApiProperty({ ...schema, required: false, default: defaultValue, description }),
    validated: () =>
      applyDecorators(
        ValidateIf((_, value: unknown) => value !== undefined),
        must(
          `is not available yet; only ${JSON.stringify(defaultValue)} is accepted`,
          (value) => isDeepStrictEqual(value, defaultValue),
          NOT_AVAILABLE,
        ),
      ),
  })
}

function schemaOf(defaultValue: unknown): Schema {
  if (defaultValue === null) return { type: 'null' }
  if (Array.isArray(defaultValue)) return { type: 'array', items: {} }
  if (typeof defaultValue === 'object') return { type: 'object', additionalProperties: true }
  return { type: typeof defaultValue }
}

/** An object with fields of its own. */
export const part = (type: () => Form, options: FieldOptions = {}): PropertyDecorator =>
  declared(partDeclaration(type, options))

export function partDeclaration(type: () => Form, options: FieldOptions): FieldDeclaration {
  const validators = [IsObject({ message: 'must be an object' }), ValidateNested(), Type(type)]
  // Nest's OpenAPI module calls a function to resolve a type only if its name is `type`. The property gives the arrow function this name.
  return declaration(options, { type: () => type() }, validators)
}

/** A list of objects. */
export function parts(type: () => Form, max: number, options: FieldOptions = {}): PropertyDecorator {
  return field(
    options,
    { type: () => type(), isArray: true, maxItems: max },
    IsArray({ message: 'must be a list' }),
    must(`must have at most ${max} entries`, (value) => Array.isArray(value) && value.length <= max),
    must(
      'must hold objects only',
      (value) =>
        Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)),
    ),
    ValidateNested({ each: true }),
    Type(type),
  )
}

interface Rule {
  readonly check: Check
  readonly message: string
}

/** A field with a rule of its own. */
export function custom(schema: Schema, { check, message }: Rule, options: FieldOptions = {}): PropertyDecorator {
  return field(options, schema, must(message, check))
}
