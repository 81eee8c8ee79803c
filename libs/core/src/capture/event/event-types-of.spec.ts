import { expect, it } from '@jest/globals'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'
import { eventTypesOf } from './event-types-of.js'

it('every resource yields three event types, once, whatever the number of databases that hold it', () => {
  const table = { resource: 'products', entity: 'product' } as CapturedTable
  const brands = { resource: 'brands', entity: 'brand' } as CapturedTable
  const sources = [{ tables: [table, brands] }, { tables: [table] }] as unknown as CaptureSource[]
  expect(eventTypesOf({ sources }).map(({ type, entity }) => `${type} ${entity}`)).toEqual([
    'products.created product',
    'products.updated product',
    'products.deleted product',
    'brands.created brand',
    'brands.updated brand',
    'brands.deleted brand',
  ])
})
