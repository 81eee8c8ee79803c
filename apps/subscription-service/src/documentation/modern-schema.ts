import type { SchemaNode } from './document.js'

/**
 * Converts schemas from OpenAPI 3.0 to 3.1. The decorators write `nullable`, which 3.1 does not have; like JSON Schema, 3.1 has
 * `type: [..., 'null']`. Changes the node and all nodes below it. `renameExample` converts `example`.
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

/** Renames `example` to `examples`, as JSON Schema requires. Call it only for schemas of properties and parameters. */
export function renameExample(schema: SchemaNode): void {
  if (!('example' in schema)) return
  schema.examples = [schema.example]
  delete schema.example
}
