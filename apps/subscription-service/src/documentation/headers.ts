import type { ParameterNode } from './document.js'

/** Headers of answers. */
export const HEADERS = {
  ETag: {
    description: 'The version of the resource: send it back as `If-Match` to change what was read and nothing newer',
    schema: { type: 'string', examples: ['"3"'] },
  },
  'Retry-After': {
    description: 'Seconds after which asking again is worth it',
    schema: { type: 'integer', minimum: 1, examples: [2] },
  },
  'Idempotency-Replayed': {
    description: 'Present when the work was done by an earlier request with this `Idempotency-Key`: this is its answer',
    schema: { type: 'string', const: 'true' },
  },
} as const

const header = (name: string, description: string, example: string): ParameterNode => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', minLength: 1, examples: [example] },
})

/** Headers of requests. */
export const PARAMETERS: Readonly<Record<string, ParameterNode>> = {
  'Idempotency-Key': {
    ...header(
      'Idempotency-Key',
      'Any text of your own, new for each thing to be done. The same request with the same key is done once and answered alike for 24 hours',
      '7f9c2ba4-e88f-4d25-b0f1-1c6a2c6d8f0e',
    ),
    schema: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,255}$',
      examples: ['7f9c2ba4-e88f-4d25-b0f1-1c6a2c6d8f0e'],
    },
  },
  'If-Match': header('If-Match', 'ETags of the versions that may be changed; `*`: any, but it must exist', '"3"'),
  'If-None-Match': header(
    'If-None-Match',
    'When reading: the ETag that is known already (304 when it still holds). When writing: `*`, only if it does not exist yet',
    '"3"',
  ),
}
