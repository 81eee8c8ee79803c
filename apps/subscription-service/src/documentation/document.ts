/** The parts of an OpenAPI 3.1 document that this folder reads or changes. */
export type SchemaNode = Record<string, unknown>

export interface MediaType {
  schema?: SchemaNode
  example?: unknown
  examples?: Record<string, unknown>
}

export interface AnswerNode {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, MediaType>
}

export interface ParameterNode {
  name: string
  in: string
  required?: boolean
  description?: string
  schema?: SchemaNode
}

export interface OperationNode {
  summary?: string
  description?: string
  parameters?: ParameterNode[]
  requestBody?: { content: Record<string, MediaType> }
  responses: Record<string, AnswerNode>
  security?: readonly unknown[]
  [extension: `x-${string}`]: unknown
}

export const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const
export type Method = (typeof METHODS)[number]

export const ref = (kind: 'schemas' | 'examples' | 'headers' | 'parameters', name: string): { $ref: string } => ({
  $ref: `#/components/${kind}/${name}`,
})
