import type { SchemaNode } from './document.js'

/**
 * The decorators speak the dialect of OpenAPI 3.0 (`nullable`, `example`), which 3.1 knows no more: there they are `type: [..., null]`
 * and `examples`, as in JSON Schema. Changes the node and all below it.
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

/** Keywords that hold data, not schemas. */
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

/** `example` of a schema is `examples` in JSON Schema. Only where `properties` and parameters hold schemas. */
export function renameExample(schema: SchemaNode): void {
  if (!('example' in schema)) return
  schema.examples = [schema.example]
  delete schema.example
}
