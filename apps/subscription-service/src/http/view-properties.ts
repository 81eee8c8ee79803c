import type { ApiPropertyOptions } from '@nestjs/swagger'

/** Options of view properties that several views share, or that the types of the decorators do not allow. */

export const nullable = (type: string, rest: object = {}): ApiPropertyOptions =>
  ({ type, nullable: true, ...rest }) as ApiPropertyOptions

/** A field that is not available yet: always null. */
export const NULL = { type: 'null' } as ApiPropertyOptions

/** An object that is documented by an example only, mostly because it is not configurable yet. */
export const constant = (value: unknown, rest: object = {}): ApiPropertyOptions => ({
  type: 'object',
  additionalProperties: true,
  example: value,
  ...rest,
})
