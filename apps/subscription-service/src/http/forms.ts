import { getMetadataStorage } from 'class-validator'
import { fieldsOf, registered, type FieldDeclaration, type FieldOptions, type Form } from './field-declarations.js'
import { partDeclaration } from './fields.js'

/**
 * Derives forms from other forms. The mapped types of `@nestjs/swagger` are no substitute. They copy descriptions, examples and defaults of
 * creation into the PATCH form, where these are wrong. And they let optional fields be null, which each use would have to forbid.
 */

/** Implemented by the view of a resource, so that the compiler refuses a view that lacks a field of the form. */
export type Shows<Fields> = Readonly<Record<keyof Fields, unknown>>

type Combined<Forms extends readonly Form[]> = Forms extends readonly [
  Form<infer First>,
  ...infer Rest extends readonly Form[],
]
  ? First & Combined<Rest>
  : unknown

/**
 * Returns a form with the fields of all the given forms. The OpenAPI document lists the fields in that order. Faults of fields that are not
 * available yet are reported last.
 * @throws Error when two forms have a field of the same name
 */
export function combinedForm<const Forms extends readonly Form[]>(...forms: Forms): Form<Combined<Forms> & object> {
  const fields = new Map<string, MadeField>()
  for (const from of forms) {
    for (const [name, field] of fieldsOf(from)) {
      if (fields.has(name)) throw new Error(`two forms have a field ${name}`)
      fields.set(name, { from, field })
    }
  }
  const isLater = (name: string): boolean => 'const' in (fields.get(name)?.field.schema ?? {})
  const names = [...fields.keys()]
  const checked = [...names.filter((name) => !isLater(name)), ...names.filter(isLater)]
  return madeForm(fields, checked) as Form<Combined<Forms> & object>
}

interface PatchRules<Fixed, Parts> {
  /** Fields that cannot change. A PATCH with one of them is refused. */
  readonly fixed?: readonly Fixed[]
  /** PATCH forms for fields that are objects, if the creation form of the object has required fields. */
  readonly parts?: Parts
}

type Patch<Fields, Fixed extends PropertyKey, Parts> = Partial<Omit<Fields, Fixed | keyof Parts>> & {
  [Name in keyof Parts]?: Parts[Name] extends Form<infer Part> ? Part : never
}

/** Returns the PATCH form for a creation form: the same fields with the same rules, all of them optional. */
export function patchForm<
  Fields extends object,
  Fixed extends keyof Fields & string = never,
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- by default, no field has a PATCH form of its own
  Parts extends { readonly [Name in keyof Fields]?: Form } = {},
>(from: Form<Fields>, { fixed = [], parts }: PatchRules<Fixed, Parts> = {}): Form<Patch<Fields, Fixed, Parts>> {
  const fixedFields: ReadonlySet<string> = new Set(fixed)
  const partForms = new Map<string, Form>(Object.entries(parts ?? {}))
  const fields = new Map<string, MadeField>()
  for (const [name, written] of fieldsOf(from)) {
    if (fixedFields.has(name)) continue
    const form = partForms.get(name)
    const { nullable = false, onPatch = {} } = written.options
    const options: FieldOptions = { ...onPatch, onPatch, optional: true, nullable }
    const field = form ? partDeclaration(() => form, options) : { ...written, options }
    fields.set(name, { from, field })
  }
  return madeForm(fields, checkedFields(from))
}

/** The fields of a form in the order in which they are validated and their faults are reported. */
function checkedFields(form: Form): readonly string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(form, '', false, false)
  return [...new Set(rules.map(({ propertyName }) => propertyName))]
}

interface MadeField {
  readonly field: FieldDeclaration
  /** The form that the field comes from. */
  readonly from: Form
}

/** @param checked names of fields in the order of validation; names that are not in `fields` are ignored */
function madeForm(fields: ReadonlyMap<string, MadeField>, checked: readonly string[]): Form {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its properties are declared one by one
  class MadeForm {}
  const { prototype } = MadeForm
  for (const [name, { from, field }] of fields) {
    // Copies the type that the compiler recorded: the OpenAPI document uses it where the declaration names no type.
    const type: unknown = Reflect.getMetadata('design:type', from.prototype as object, name)
    if (type !== undefined) Reflect.defineMetadata('design:type', type, prototype, name)
    registered(field)(prototype, name)
    field.documented(field.options)(prototype, name)
  }
  for (const name of checked) {
    const field = fields.get(name)?.field
    field?.validated(field.options)(prototype, name)
  }
  return MadeForm
}
