import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

interface MediaType {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly $ref?: string; readonly value?: unknown }>>
}

interface AnswerNode {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, MediaType>>
}

export interface OperationNode {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<Record<string, AnswerNode>>
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface OpenApiDocument {
  readonly [field: string]: unknown
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationNode>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>
    readonly examples: Readonly<Record<string, { readonly value: unknown }>>
  }
}

export interface SeenAnswer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly contentType: string
  readonly headers: Headers
  readonly body: unknown
}

/** Checks responses of the API against its published OpenAPI document. Shares no code with the service. */
export class DocumentedApi {
  readonly operations: readonly { readonly method: string; readonly path: string; readonly operation: OperationNode }[]
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  private readonly validators = new Map<object, ValidateFunction>()

  constructor(readonly document: OpenApiDocument) {
    // The whole document is added so that references resolve. Ajv validates only with the schemas in it.
    this.ajv.addSchema({ $id: 'api', ...document })
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    )
  }

  /** How the response differs from the document; null if it does not differ, or if the document has no such operation. */
  faultOf(answer: SeenAnswer): string | null {
    const found = this.find(answer.method, answer.path)
    if (!found) return null
    const { operation } = found
    const where = `${answer.method} ${found.path} → ${answer.status}`
    const documented = operation.responses[String(answer.status)]
    if (!documented) return `${where} is not documented`
    const missing = Object.keys(documented.headers ?? {}).filter(
      (name) => name !== 'Idempotency-Replayed' && name !== 'Retry-After' && !answer.headers.has(name),
    )
    if (missing.length > 0) return `${where} lacks the header ${missing.join(', ')}`
    if (!documented.content) return null
    const media = documented.content[answer.contentType]
    if (!media) return `${where}: ${answer.contentType} is not documented`
    const faults = this.faultsOf(media.schema, answer.body)
    return faults === null ? null : `${where}: ${faults}\n${JSON.stringify(answer.body)}`
  }

  /** How the value violates the schema; null if it is valid. */
  faultsOf(schema: object, value: unknown): string | null {
    let validate = this.validators.get(schema)
    if (!validate) {
      validate = this.ajv.compile(absolute(schema))
      this.validators.set(schema, validate)
    }
    return validate(value) ? null : this.ajv.errorsText(validate.errors)
  }

  private find(method: string, path: string): { path: string; operation: OperationNode } | undefined {
    const [pathname = ''] = path.split('?')
    return this.operations.find((one) => one.method === method && templateOf(one.path).test(pathname))
  }
}

const templateOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`)

/** Makes references within the document absolute: `#/…` becomes `api#/…`. */
function absolute<T>(node: T): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(absolute) as T
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    key === '$ref' && typeof value === 'string' && value.startsWith('#') ? `api${value}` : absolute(value as unknown),
  ])
  return Object.fromEntries(entries) as T
}
