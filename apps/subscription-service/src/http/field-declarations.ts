import { applyDecorators } from '@nestjs/common'

/** What the decorators of `fields.ts` say of a property, kept so that other forms can be made from it. */
export interface FieldOptions {
  readonly optional?: boolean
  readonly nullable?: boolean
  readonly description?: string
  readonly example?: unknown
  /** What an absent field means; documentation only. */
  readonly default?: unknown
  /** What the PATCH form says of the field. Absent: nothing, because description, example and default are about creation. */
  readonly onPatch?: Pick<FieldOptions, 'description' | 'default'>
}

export interface FieldDeclaration {
  /** As in the OpenAPI document; `type` is a function when the field is an object, or a list of them: it returns their form. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly options: FieldOptions
  /** Of the same field with other options: what says it to the OpenAPI document. */
  readonly documented: (options: FieldOptions) => PropertyDecorator
  /** Of the same field with other options: what checks it. */
  readonly validated: (options: FieldOptions) => PropertyDecorator
}

/** A class whose properties are fields of a request's body. */
export type Form<Fields extends object = object> = new () => Fields

const FIELDS = Symbol('fields of a form')

/** Documents and checks a property, and keeps how. */
export const declared = (field: FieldDeclaration): PropertyDecorator =>
  applyDecorators(registered(field), field.documented(field.options), field.validated(field.options))

/** Keeps how a property is declared. */
export const registered =
  (field: FieldDeclaration): PropertyDecorator =>
  (prototype, name) => {
    Reflect.defineMetadata(FIELDS, new Map([...fieldsAt(prototype), [String(name), field]]), prototype)
  }

/** The fields of a form by their names, in the order of their declaration; those of the class that it extends first. */
export const fieldsOf = (form: Form): ReadonlyMap<string, FieldDeclaration> => fieldsAt(form.prototype as object)

function fieldsAt(prototype: object): ReadonlyMap<string, FieldDeclaration> {
  const fields = Reflect.getMetadata(FIELDS, prototype) as ReadonlyMap<string, FieldDeclaration> | undefined
  return fields ?? new Map<string, FieldDeclaration>()
}
