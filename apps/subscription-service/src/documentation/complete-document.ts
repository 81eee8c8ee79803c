import type { OpenAPIObject } from '@nestjs/swagger'
import { ACCESS_EXTENSION, type Requirement } from '../access/caller.js'
import type { ProblemCode } from '../http/problem-catalogue.js'
import {
  METHODS,
  ref,
  type AnswerNode,
  type MediaType,
  type Method,
  type OperationNode,
  type ParameterNode,
  type SchemaNode,
} from './document.js'
import { EXAMPLES, PATH_EXAMPLES } from './examples.js'
import { HEADERS, PARAMETERS } from './headers.js'
import { modernise, renameExample } from './modern-schema.js'
import { OPERATION_EXTENSION } from './operation.js'
import { PROBLEM_EXAMPLES, PROBLEM_SCHEMA, problemAnswers, refusalsOf } from './problems.js'
import { securityOf, whoMayCall } from './security.js'

/** Names of the views of versioned resources. A response with such a view has an ETag. */
const VERSIONED: ReadonlySet<string> = new Set([
  'CompanyView',
  'AppView',
  'SubscriptionView',
  'SavedSubscriptionView',
  'CreatedSubscriptionView',
  'RotatedSecretView',
])

/** What the decorators of an operation declare: its own error codes, and the names of its precondition headers. */
interface OperationExtension {
  readonly refusals: readonly ProblemCode[]
  readonly preconditions: readonly string[]
}

/**
 * Completes the document that the decorators produce: adds errors, headers, examples and who may call each operation, and converts the
 * schemas to OpenAPI 3.1.
 */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  const { components = {}, paths } = document
  const schemas = (components.schemas ?? {}) as Record<string, SchemaNode>
  // The cast makes no copy, so the document itself is changed. The local types declare only the parts that are completed here.
  const items = Object.values(paths) as unknown as Partial<Record<Method, OperationNode>>[]
  for (const item of items) {
    for (const method of METHODS) if (item[method]) complete(method, item[method])
  }
  modernise(paths)
  modernise(schemas)
  for (const schema of Object.values(schemas)) renameExamples(schema)
  Object.assign(components, {
    schemas: { ...schemas, Problem: PROBLEM_SCHEMA },
    examples: PROBLEM_EXAMPLES,
    headers: HEADERS,
    parameters: PARAMETERS,
  })
  return { ...document, components }
}

function complete(method: Method, operation: OperationNode): void {
  const requirement = operation[ACCESS_EXTENSION] as Requirement
  const { refusals, preconditions } = operation[OPERATION_EXTENSION] as OperationExtension
  const hasPreconditions = preconditions.length > 0
  operation.description = [operation.description, whoMayCall(requirement)].filter(Boolean).join('\n\n')
  operation.security = securityOf(requirement)
  operation.parameters = [
    ...(operation.parameters ?? []).map(completeParameter),
    ...preconditions.map((name) => ref('parameters', name) as unknown as ParameterNode),
  ]
  if (method === 'post') operation.parameters.push(ref('parameters', 'Idempotency-Key') as unknown as ParameterNode)
  for (const media of Object.values(operation.requestBody?.content ?? {})) exemplify(media)
  for (const [status, answer] of Object.entries(operation.responses)) completeAnswer(method, status, answer)
  if (method === 'get' && isVersioned(operation)) {
    operation.parameters.push(ref('parameters', 'If-None-Match') as unknown as ParameterNode)
    operation.responses['304'] = { description: 'The ETag in `If-None-Match` is still current', headers: etagHeader() }
  }
  const codes = refusalsOf(method, operation, { requirement, refusals, hasPreconditions })
  Object.assign(operation.responses, problemAnswers(codes))
  // The keys of `responses` need no sorting: JavaScript keeps numeric keys in ascending order.
  Reflect.deleteProperty(operation, ACCESS_EXTENSION)
  Reflect.deleteProperty(operation, OPERATION_EXTENSION)
}

const etagHeader = (): Record<string, unknown> => ({ ETag: ref('headers', 'ETag') })

const DESCRIPTIONS: Readonly<Record<string, string>> = { 200: 'Done', 201: 'Created', 204: 'Done' }

function completeAnswer(method: Method, status: string, answer: AnswerNode): void {
  answer.description ||= DESCRIPTIONS[status] ?? ''
  const [media] = Object.values(answer.content ?? {})
  const name = nameIn(media)
  if (name !== null && VERSIONED.has(name)) answer.headers = { ...answer.headers, ...etagHeader() }
  if (method === 'post') {
    answer.headers = { ...answer.headers, 'Idempotency-Replayed': ref('headers', 'Idempotency-Replayed') }
  }
  if (media) exemplify(media)
}

function isVersioned(operation: OperationNode): boolean {
  return 'ETag' in (operation.responses['200']?.headers ?? {})
}

/** The schema's name in `#/components/schemas/AppView`; null when the schema has none. */
function nameIn(media: MediaType | undefined): string | null {
  const pointer = media?.schema?.$ref
  return typeof pointer === 'string' ? pointer.slice(pointer.lastIndexOf('/') + 1) : null
}

/** Adds the example of the schema. For a list, the example is a page with one entry. */
function exemplify(media: MediaType): void {
  const name = nameIn(media)
  if (name !== null) {
    media.example = EXAMPLES[name]
    return
  }
  const { properties } = (media.schema ?? {}) as { properties?: { data?: { items?: SchemaNode } } }
  const item = nameIn({ schema: properties?.data?.items ?? {} })
  if (item !== null) media.example = { data: [EXAMPLES[item]], nextCursor: null }
}

/** Renames the example of a parameter. A path parameter also gets examples of ids, and at least one character. */
function completeParameter(parameter: ParameterNode): ParameterNode {
  if (parameter.schema) renameExample(parameter.schema)
  if (parameter.in !== 'path') return parameter
  return { ...parameter, schema: { ...parameter.schema, minLength: 1, examples: PATH_EXAMPLES } }
}

function renameExamples(schema: SchemaNode): void {
  const properties = (schema.properties ?? {}) as Record<string, SchemaNode>
  for (const property of Object.values(properties)) renameExample(property)
}
