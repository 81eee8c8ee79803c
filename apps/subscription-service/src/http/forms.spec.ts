import { describe, expect, it } from '@jest/globals'
import { fieldsOf, type Form } from './field-declarations.js'
import { flag, notYetAvailable, part, text } from './fields.js'
import { combinedForm, patchForm } from './forms.js'
import { Problem } from './problem.js'
import { strictValidation } from './validation-pipe.js'

class WritePlace {
  @text({ onPatch: { description: 'Another one' } })
  url!: string

  @flag({ optional: true, default: true })
  isOpen?: boolean
}
class PatchPlace extends patchForm(WritePlace) {}

class LaterFields {
  @notYetAvailable(null)
  preset?: null
}
class OwnFields {
  @text({ optional: true, nullable: true, description: 'Unique', example: 'a' })
  externalId?: string | null

  @text({ example: 'app_42' })
  appId!: string

  @text()
  name!: string

  @part(() => WritePlace)
  place!: WritePlace
}
class WriteThing extends combinedForm(LaterFields, OwnFields) {}
class PatchThing extends patchForm(WriteThing, { fixed: ['appId'], parts: { place: PatchPlace } }) {}

/** The faults of a body, in the order in which they are reported. Empty: the body is accepted. */
async function faultsOf(form: Form, body: object): Promise<string[]> {
  try {
    await strictValidation().transform(body, { type: 'body', metatype: form })
    return []
  } catch (error) {
    if (error instanceof Problem) return error.errors.map(({ path, code }) => `${path} ${code}`)
    throw error
  }
}

describe('forms derived from forms', () => {
  it('a combined form has the fields of all its forms, and reports NOT_AVAILABLE faults last', async () => {
    expect([...fieldsOf(WriteThing).keys()]).toEqual(['preset', 'externalId', 'appId', 'name', 'place'])
    const faults = await faultsOf(WriteThing, { preset: 'x', externalId: null, name: '', place: { isOpen: 1 } })
    expect(faults).toEqual([
      'appId REQUIRED',
      'name INVALID',
      'place.url REQUIRED',
      'place.isOpen INVALID',
      'preset NOT_AVAILABLE',
    ])
  })

  it('two forms with a field of the same name cannot be combined', () => {
    class Other {
      @text()
      name!: string
    }
    expect(() => combinedForm(OwnFields, Other)).toThrow('two forms have a field name')
  })

  it('a PATCH form requires no field, and refuses null for the same fields as its creation form', async () => {
    expect(await faultsOf(PatchThing, {})).toEqual([])
    expect(await faultsOf(PatchThing, { externalId: null, place: { isOpen: false } })).toEqual([])
    const nulls = { name: null, place: { url: null } }
    expect(await faultsOf(PatchThing, nulls)).toEqual(['name INVALID', 'place.url INVALID'])
  })

  it('a PATCH form lacks the fields that cannot change', async () => {
    expect(await faultsOf(PatchThing, { appId: 'app_42' })).toEqual(['appId UNKNOWN_FIELD'])
  })

  it('a PATCH form has no documentation about creation, but its own', () => {
    const options = Object.fromEntries([...fieldsOf(PatchThing)].map(([name, { options }]) => [name, options]))
    expect(options.externalId).toEqual({ optional: true, nullable: true, onPatch: {} })
    expect(fieldsOf(PatchPlace).get('url')?.options).toMatchObject({ optional: true, description: 'Another one' })
    expect(fieldsOf(PatchPlace).get('isOpen')?.options).not.toHaveProperty('default')
  })
})
