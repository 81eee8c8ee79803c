import { STATUS_CODES } from 'node:http'
import { FAULT_CODES, PROBLEM_CODES, PROBLEMS, type ProblemCode } from '../http/problem-catalogue.js'
import { Problem, type Fault } from '../http/problem.js'
import { ref, type AnswerNode, type Method, type OperationNode, type SchemaNode } from './document.js'
import type { Requirement } from '../access/caller.js'

/** The schema of the body of every error response. */
export const PROBLEM_SCHEMA: SchemaNode = {
  type: 'object',
  description: 'An error response (RFC 9457)',
  required: ['type', 'title', 'status', 'code', 'detail', 'errors'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string', description: 'The reason phrase of the status' },
    status: { type: 'integer' },
    code: { type: 'string', enum: PROBLEM_CODES, description: 'Stable: clients may branch on it' },
    detail: { type: 'string', description: 'What is wrong and what to do about it, for people' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'code', 'message'],
        additionalProperties: false,
        properties: {
          path: { type: 'string', description: 'Dotted path in the body or the query, or the name of a header' },
          code: { type: 'string', enum: FAULT_CODES },
          message: { type: 'string' },
        },
      },
    },
  },
}

/** One example per code, shared by all operations. */
export const PROBLEM_EXAMPLES: Readonly<Record<string, { summary: string; value: unknown }>> = Object.fromEntries(
  PROBLEM_CODES.map((code) => [code, { summary: code, value: exampleOf(code).toBody() }]),
)

function exampleOf(code: ProblemCode): Problem {
  const { detail } = PROBLEMS[code]
  // A detail that begins with a path, such as `delivery.retry: …`, is about that field.
  const [, path, message] = /^([a-zA-Z.]+): (.+)$/.exec(detail) ?? []
  const errors: Fault[] = path === undefined || message === undefined ? [] : [{ path, code, message }]
  return new Problem(code, detail, { errors })
}

const EVERYWHERE: readonly ProblemCode[] = [
  'INVALID',
  'UNAUTHORIZED',
  'TOO_MANY_WRONG_KEYS',
  'INTERNAL',
  'DATABASE_UNAVAILABLE',
]
const WITH_BODY: readonly ProblemCode[] = [
  'UNKNOWN_FIELD',
  'MALFORMED_JSON',
  'BODY_TOO_DEEP',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
]

/** The errors that an operation can return: its declared errors, and errors that follow from its method, parameters, body and access. */
export function refusalsOf(
  method: Method,
  operation: OperationNode,
  own: {
    readonly requirement: Requirement
    readonly refusals: readonly ProblemCode[]
    readonly hasPreconditions: boolean
  },
): ReadonlySet<ProblemCode> {
  const { requirement, refusals, hasPreconditions } = own
  const codes = new Set<ProblemCode>([...EVERYWHERE, ...refusals])
  const places = new Set(operation.parameters?.map((parameter) => parameter.in))
  if (!requirement.forAppKeys || requirement.access !== 'viewer') codes.add('FORBIDDEN')
  if (places.has('path')) codes.add('NOT_FOUND')
  if (places.has('query')) codes.add('UNKNOWN_FIELD')
  if (operation.requestBody || method === 'post') for (const code of WITH_BODY) codes.add(code)
  if (method === 'post') codes.add('IDEMPOTENCY_KEY_IN_PROGRESS').add('IDEMPOTENCY_KEY_REUSED')
  if (hasPreconditions) codes.add('PRECONDITION_FAILED')
  return codes
}

/** The error responses, by status. */
export function problemAnswers(codes: ReadonlySet<ProblemCode>): Record<string, AnswerNode> {
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of PROBLEM_CODES.filter((one) => codes.has(one))) {
    const { status } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return Object.fromEntries([...byStatus].map(([status, list]) => [String(status), problemAnswer(status, list)]))
}

/** Statuses of errors after which the same request may succeed later. */
const RETRY_LATER: ReadonlySet<number> = new Set([429, 503])

function problemAnswer(status: number, codes: readonly ProblemCode[]): AnswerNode {
  const retries = RETRY_LATER.has(status) || codes.includes('IDEMPOTENCY_KEY_IN_PROGRESS')
  return {
    description: `${STATUS_CODES[status] ?? ''}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
    ...(retries ? { headers: { 'Retry-After': ref('headers', 'Retry-After') } } : {}),
    content: {
      'application/problem+json': {
        schema: { allOf: [ref('schemas', 'Problem'), { properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, ref('examples', code)])),
      },
    },
  }
}
