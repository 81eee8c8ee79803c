import { describe, expect, it } from '@jest/globals'
import { parseCaptureFile } from './parse-capture-file.js'

const environment = { PIM: 'postgres://hooklane@db/pim' }
const source = (name: string, table: string, more: string): string =>
  `  - name: ${name}\n    database: \${PIM}\n    company: { value: cmp_1 }\n${more}    tables:\n      public.${table}: { resource: ${table}, entity: thing, id: id }\n`
const faultsOf = (...sources: string[]): string =>
  parseCaptureFile(`sources:\n${sources.join('')}`, { topicPrefix: 'hooklane.', environment }).error?.message ?? ''

describe('two sources of one database', () => {
  it('may not share a publication: each would take the tables of the other out of it', () => {
    expect(
      faultsOf(source('a', 'one', '    publication: shared\n'), source('b', 'two', '    publication: shared\n')),
    ).toContain('publication')
  })

  it('whose default publications are one may not share it either, when each has its own slot', () => {
    expect(faultsOf(source('shop.de', 'one', ''), source('shop-de', 'two', '    slot: other\n'))).toContain(
      'publication',
    )
  })
})

describe('a fault', () => {
  it('never shows the value of a variable', () => {
    const environment = { PIM: 'postgres://hooklane:s3cret@db/pim' }
    for (const key of ['timezone', 'name', 'slot', 'publication', 'epoch']) {
      const text = `sources:\n  - name: pim\n    database: \${PIM}\n    company: { value: a }\n    ${key}: \${PIM}\n    tables: { public.a: { resource: a, entity: a, id: id } }\n`
      const once = key === 'name' ? text.replace('- name: pim\n    ', '- ') : text
      expect(parseCaptureFile(once, { topicPrefix: '', environment }).error?.message ?? '').not.toContain('s3cret')
    }
    const resource = `sources:\n  - name: pim\n    database: \${PIM}\n    company: { value: a }\n    tables: { public.a: { resource: "\${PIM}", entity: "\${PIM}", id: id }, public.b: { resource: b, entity: b, id: id, when: "\${PIM}", url: "\${PIM}{x" } }\n`
    expect(parseCaptureFile(resource, { topicPrefix: '', environment }).error?.message ?? '').not.toContain('s3cret')
  })
})
