import type { SchemaNode } from './document.js'

/**
 * Converts schemas from OpenAPI 3.0 to 3.1. The decorators write `nullable`, which 3.1 no longer has: there, as in JSON Schema, it is
 * `type: [..., 'null']`. Changes the node and everything below it. For `example` see `renameExample`.
 */
export function modernise(node: unknown): void {
  if (typeof node !== 'object' || node === null) return
  if (Array.isArray(node)) {
    node.forEach(modernise)
    return
  }
  const schema = node as SchemaNode
  if ('nullable' in schema) allowNull(schema)
  for (const [keyword, child] of Object.entries(schema)) if (!DATA.has(keyword)) modernise(child)
}

/** Keywords whose values are data, not schemas. */
const DATA: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const'])

function allowNull(schema: SchemaNode): void {
  const { nullable } = schema
  delete schema.nullable
  if (nullable !== true) return
  if (Array.isArray(schema.enum)) schema.enum = [...(schema.enum as unknown[]), null]
  if (typeof schema.type === 'string') {
    schema.type = [schema.type, 'null']
    return
  }
  const { allOf, $ref } = schema
  const choices: unknown[] = Array.isArray(allOf) ? allOf : [{ $ref }]
  delete schema.allOf
  delete schema.$ref
  schema.anyOf = [...choices, { type: 'null' }]
}

/** Renames `example` to `examples`, as JSON Schema requires. To be called for schemas of properties and parameters only. */
export function renameExample(schema: SchemaNode): void {
  if (!('example' in schema)) return
  schema.examples = [schema.example]
  delete schema.example
}
