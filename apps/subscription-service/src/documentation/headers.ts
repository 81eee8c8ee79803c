import type { ParameterNode } from './document.js'

/** Response headers. */
export const HEADERS = {
  ETag: {
    description: 'The version of the resource. Send it as `If-Match` to change the resource only at this version',
    schema: { type: 'string', examples: ['"3"'] },
  },
  'Retry-After': {
    description: 'Seconds to wait before sending the request again',
    schema: { type: 'integer', minimum: 1, examples: [2] },
  },
  'Idempotency-Replayed': {
    description: 'Present when this is the stored response of an earlier request with the same `Idempotency-Key`',
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

/** Request headers. */
export const PARAMETERS: Readonly<Record<string, ParameterNode>> = {
  'Idempotency-Key': {
    ...header(
      'Idempotency-Key',
      'A unique value of your choice for each new action. For 24 hours, a repeated request with the same key is not carried out again: it gets the first response',
      '7f9c2ba4-e88f-4d25-b0f1-1c6a2c6d8f0e',
    ),
    schema: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,255}$',
      examples: ['7f9c2ba4-e88f-4d25-b0f1-1c6a2c6d8f0e'],
    },
  },
  'If-Match': header(
    'If-Match',
    'Change the resource only if its current ETag is one of these; `*`: only if the resource exists',
    '"3"',
  ),
  'If-None-Match': header(
    'If-None-Match',
    'GET: an ETag you already have; the response is 304 if it is still current. PUT: `*` creates the resource only if it does not exist yet',
    '"3"',
  ),
}
