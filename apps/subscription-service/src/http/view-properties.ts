import type { ApiPropertyOptions } from '@nestjs/swagger'

/** Properties of views whose schemas the types of the decorators do not allow, or that many views have. */

export const nullable = (type: string, rest: object = {}): ApiPropertyOptions =>
  ({ type, nullable: true, ...rest }) as ApiPropertyOptions

/** A field of later versions: null until then. */
export const NULL = { type: 'null' } as ApiPropertyOptions

/** An object whose value is the same in every answer until later versions. */
export const constant = (value: unknown, rest: object = {}): ApiPropertyOptions => ({
  type: 'object',
  additionalProperties: true,
  example: value,
  ...rest,
})
