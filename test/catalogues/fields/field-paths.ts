import {
  fieldsOf,
  type FieldDeclaration,
  type Form,
} from '../../../apps/subscription-service/src/http/field-declarations.js'

export type Body = Readonly<Record<string, unknown>>

export interface FieldPath {
  /** For example `delivery.retry.attempts`. A path through a list has no index: `target.headers.name`. */
  readonly path: string
  /** Whether a value other than the default is accepted. */
  readonly isWritable: boolean
}

/** All leaf fields of a form: those that are neither an object nor a list of objects. */
export const fieldPaths = (form: Form, parent = ''): FieldPath[] =>
  [...fieldsOf(form)].flatMap(([name, { schema }]) => {
    const inner = innerForm(schema)
    return inner
      ? fieldPaths(inner, `${parent}${name}.`)
      : [{ path: `${parent}${name}`, isWritable: isWritable(schema) }]
  })

/** The fields of a PATCH form that can be changed alone. Lists, and objects with a required field, can only be written as a whole. */
export const changePaths = (form: Form, parent = ''): string[] =>
  [...fieldsOf(form)].flatMap(([name, { schema }]) => {
    const inner = schema.isArray === true ? null : innerForm(schema)
    const isWhole = inner === null || [...fieldsOf(inner).values()].some(({ options }) => options.optional !== true)
    if (!isWhole) return changePaths(inner, `${parent}${name}.`)
    return isWritable(schema) ? [`${parent}${name}`] : []
  })

/** The values at a path: none if the path is absent, several if it leads through a list. */
export function valuesAt(value: unknown, path: string): unknown[] {
  return path.split('.').reduce<unknown[]>((found, step) => found.flatMap(entries).flatMap(memberOf(step)), [value])
}

/** The body that has only this path: `{a: {b: value}}` for `a.b`. */
export const bodyOf = (path: string, value: unknown): Body =>
  path.split('.').reduceRight<unknown>((inner, step) => ({ [step]: inner }), value) as Body

const isWritable = (schema: FieldDeclaration['schema']): boolean =>
  !('const' in schema) && !(Array.isArray(schema.enum) && schema.enum.length === 1)

const innerForm = ({ type }: FieldDeclaration['schema']): Form | null =>
  typeof type === 'function' ? (type as () => Form)() : null

const entries = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value])

const memberOf =
  (step: string) =>
  (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null && step in value ? [(value as Body)[step]] : []
