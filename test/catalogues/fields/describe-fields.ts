import { describe, expect, it } from '@jest/globals'
import type { Form } from '../../../apps/subscription-service/src/http/field-declarations.js'
import { strictValidation } from '../../../apps/subscription-service/src/http/validation-pipe.js'
import { bodyOf, changePaths, fieldPaths, valuesAt, type Body } from './field-paths.js'
import { columnNames, migrationsOf, storedRow } from './stored-columns.js'

/** A resource with fields that callers write, and every place in which such a field must appear. */
export interface WrittenResource<Row extends object, Write extends object, Patch extends object> {
  readonly name: string
  readonly write: Form<Write>
  readonly patch: Form<Patch>
  readonly entity: new () => Row
  readonly table: string
  /** A request body with the required fields only. */
  readonly shortest: Body
  /** Gives every field a value other than its default, where possible. Of two fields that exclude each other, it has only one. */
  readonly first: Body
  /** Other values for all fields of `first`. The tests write these values one field at a time. */
  readonly second: Body
  /** Paths of fields that responses do not have. */
  readonly notShown: readonly string[]
  /** Paths of fields that are not published to the delivery path. */
  readonly notOfTheDeliveryPath: readonly string[]
  /** The example response in the documentation. */
  readonly example: unknown
  readonly make: (written: Write) => Row
  readonly change: (row: Row, written: Patch) => void
  readonly view: (row: Row) => object
  readonly configuration: (row: Row) => object
}

/** Tests for the recipe "Add a field" in CONTRIBUTING.md: for each forgotten step, one of these tests fails. */
export function describeFields<Row extends object, Write extends object, Patch extends object>(
  resource: WrittenResource<Row, Write, Patch>,
): void {
  const { write, patch, entity, shortest, first, second } = resource
  const paths = fieldPaths(write)
  const writable = paths.filter(({ isWritable }) => isWritable)
  const changes = changePaths(patch).map((path) => ({ path }))
  const made = async (body: Body) => storedRow(entity, resource.make(await accepted(write, body)))
  const changed = async (row: Row, body: Body) => {
    const copy = storedRow(entity, row)
    resource.change(copy, await accepted(patch, body))
    return storedRow(entity, copy)
  }
  const shown = (row: Row): unknown => asJson(resource.view(row))
  const told = (row: Row): unknown => asJson(resource.configuration(row))

  describe(`the fields of ${resource.name}`, () => {
    it.each(writable)('$path is written by this test', ({ path }) => {
      expect(valuesAt([first, second], path)).not.toEqual([])
    })

    it.each(paths)('$path is in the response, or is listed as not shown', async ({ path }) => {
      const views = [shown(await made(first))]
      for (const change of changes) views.push(shown(await changed(await made(first), secondOf(change.path))))
      expect(valuesAt(views, path).length > 0).toBe(!resource.notShown.includes(path))
    })

    it.each(writable)('$path is stored when the resource is created', async ({ path }) => {
      const values = valuesAt(first, path)
      if (values.length === 0) return
      expect(valuesAt(shown(await made(first)), path)).toEqual(values)
      const isRequired = valuesAt(shortest, path).length > 0
      if (!isRequired) expect(valuesAt(shown(await made(shortest)), path)).not.toEqual(values)
    })

    it.each(changes)('$path is stored when it is the only change', async ({ path }) => {
      const row = await changed(await made(first), secondOf(path))
      expect(valuesAt(shown(row), path)).toEqual(valuesAt(second, path))
      expect(valuesAt(shown(await made(first)), path)).not.toEqual(valuesAt(second, path))
      expect(shown(await changed(row, {}))).toEqual(shown(row))
    })

    it('fields that a change does not write keep their values', async () => {
      const row = await made(first)
      expect(shown(await changed(row, {}))).toEqual(shown(row))
    })

    it.each(changes)('$path is published to the delivery path, or is listed as not published', async ({ path }) => {
      const row = await made(first)
      const isTold = JSON.stringify(told(await changed(row, secondOf(path)))) !== JSON.stringify(told(row))
      expect(isTold).toBe(!resource.notOfTheDeliveryPath.includes(path))
    })

    it('the lists of exceptions name existing fields', () => {
      const names = [...paths, ...changes].map(({ path }) => path)
      expect(names).toEqual(expect.arrayContaining([...resource.notShown, ...resource.notOfTheDeliveryPath]))
    })

    it('the example in the documentation has the members of a response', async () => {
      const names = Object.keys(shown(await made(first)) as object)
      expect(Object.keys(resource.example as object).sort()).toEqual(names.sort())
    })

    it.each(columnNames(entity))('a migration creates the column %s', (column) => {
      expect(migrationsOf(resource.table)).toMatch(new RegExp(`\\b${column}\\b`))
    })
  })

  function secondOf(path: string): Body {
    const [value] = valuesAt(second, path)
    return bodyOf(path, value)
  }
}

const asJson = (value: object): unknown => JSON.parse(JSON.stringify(value))

const accepted = async <Fields extends object>(form: Form<Fields>, body: Body): Promise<Fields> =>
  (await strictValidation().transform(asJson(body), { type: 'body', metatype: form })) as Fields
