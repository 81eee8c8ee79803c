import { applyDecorators } from '@nestjs/common'

/** Options of the decorators in `fields.ts`. A field keeps its options, so that other forms can be derived from its form. */
export interface FieldOptions {
  readonly optional?: boolean
  readonly nullable?: boolean
  readonly description?: string
  readonly example?: unknown
  /** The value that an absent field stands for. Used only in the documentation. */
  readonly default?: unknown
  /** Documentation of the field in the PATCH form. Default: none, because description, example and default describe creation. */
  readonly onPatch?: Pick<FieldOptions, 'description' | 'default'>
}

export interface FieldDeclaration {
  /** The schema as in the OpenAPI document. For an object or a list of objects, `type` is a function that returns their form. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly options: FieldOptions
  /** Returns the decorator that documents this field, with the given options. */
  readonly documented: (options: FieldOptions) => PropertyDecorator
  /** Returns the decorator that validates this field, with the given options. */
  readonly validated: (options: FieldOptions) => PropertyDecorator
}

/** A class whose properties are the fields of a request body. */
export type Form<Fields extends object = object> = new () => Fields

const FIELDS = Symbol('fields of a form')

/** Documents and validates a property, and registers its declaration. */
export const declared = (field: FieldDeclaration): PropertyDecorator =>
  applyDecorators(registered(field), field.documented(field.options), field.validated(field.options))

/** Registers the declaration of a property, for `fieldsOf`. */
export const registered =
  (field: FieldDeclaration): PropertyDecorator =>
  (prototype, name) => {
    Reflect.defineMetadata(FIELDS, new Map([...fieldsAt(prototype), [String(name), field]]), prototype)
  }

/** The fields of a form by name, in the order of declaration. The fields of a base class come first. */
export const fieldsOf = (form: Form): ReadonlyMap<string, FieldDeclaration> => fieldsAt(form.prototype as object)

function fieldsAt(prototype: object): ReadonlyMap<string, FieldDeclaration> {
  const fields = Reflect.getMetadata(FIELDS, prototype) as ReadonlyMap<string, FieldDeclaration> | undefined
  return fields ?? new Map<string, FieldDeclaration>()
}
