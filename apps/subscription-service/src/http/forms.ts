import { getMetadataStorage } from 'class-validator'
import { fieldsOf, registered, type FieldDeclaration, type FieldOptions, type Form } from './field-declarations.js'
import { partDeclaration } from './fields.js'

/**
 * Forms made from other forms. The mapped types of `@nestjs/swagger` do not serve: they do not know that descriptions, examples and defaults of
 * creation mean nothing in a PATCH, and what they make optional accepts null unless each use says otherwise.
 */

/** A view of what a form writes: each field is shown. */
export type Shows<Fields> = Readonly<Record<keyof Fields, unknown>>

type Combined<Forms extends readonly Form[]> = Forms extends readonly [
  Form<infer First>,
  ...infer Rest extends readonly Form[],
]
  ? First & Combined<Rest>
  : unknown

/**
 * A form with the fields of all of them. The document has them in their order; faults of fields of later versions are named last.
 * @throws Error when two have a field of the same name
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
  /** What cannot change: a PATCH that has it is refused. */
  readonly fixed?: readonly Fixed[]
  /** The PATCH forms of objects in which something is required when they are made. */
  readonly parts?: Parts
}

type Patch<Fields, Fixed extends PropertyKey, Parts> = Partial<Omit<Fields, Fixed | keyof Parts>> & {
  [Name in keyof Parts]?: Parts[Name] extends Form<infer Part> ? Part : never
}

/** The PATCH form of what is written when a resource is made: the same fields under the same rules, all of them optional. */
export function patchForm<
  Fields extends object,
  Fixed extends keyof Fields & string = never,
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- none
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

/** The fields of a form in the order in which it is checked, and its faults are named. */
function checkedFields(form: Form): readonly string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(form, '', false, false)
  return [...new Set(rules.map(({ propertyName }) => propertyName))]
}

interface MadeField {
  readonly field: FieldDeclaration
  /** The form that it comes from. */
  readonly from: Form
}

/** @param checked names in the order in which the form is checked; those that it lacks are passed over */
function madeForm(fields: ReadonlyMap<string, MadeField>, checked: readonly string[]): Form {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its properties are declared one by one
  class MadeForm {}
  const { prototype } = MadeForm
  for (const [name, { from, field }] of fields) {
    // The compiler's note of the type goes along: the document takes from it what a declaration leaves out.
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
