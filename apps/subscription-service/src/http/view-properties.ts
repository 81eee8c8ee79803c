import type { ApiPropertyOptions } from '@nestjs/swagger'

/** `@ApiProperty` options that several views share, or that the decorator's types do not allow without a cast. */

export const nullable = (type: string, rest: object = {}): ApiPropertyOptions =>
  ({ type, nullable: true, ...rest }) as ApiPropertyOptions

/** A field that is not available yet: always null. */
export const NULL = { type: 'null' } as ApiPropertyOptions

/** An object that is documented by an example only, mostly because it is not configurable yet. */
export const byExample = (value: unknown, rest: object = {}): ApiPropertyOptions => ({
  type: 'object',
  additionalProperties: true,
  example: value,
  ...rest,
})
