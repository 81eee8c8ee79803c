import { describe, expect, it } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { parseCaptureFile, type CaptureFile } from './parse-capture-file.js'
import { SOURCE_KEYS } from './parse-source.js'
import { TABLE_KEYS } from './parse-table.js'

const schema = JSON.parse(
  readFileSync(new URL('../../../../docs/reference/capture.schema.json', import.meta.url), 'utf8'),
) as { $defs: Record<string, { properties: Record<string, object> }> }
const fitsSchema = new Ajv2020({ allowUnionTypes: true }).compile(schema)

const environment = {
  PIM_DATABASE_URL: 'postgres://hooklane:s3cret@db.internal:5432/pim',
  PIM_BASE_URL: 'https://pim.example.com/{api}',
}

const WHOLE = `
sources:
  - name: pim
    database: \${PIM_DATABASE_URL}
    epoch: 3
    company: { column: company_id }
    timezone: Europe/Oslo
    tables:
      public.product:
        resource: products
        entity: product
        id: id
        key: sku
        url: "\${PIM_BASE_URL}/products/{id}?sku={sku}"
        version: version
        ignore: [updated_at, search_vector]
        deleted: { column: deleted_at }
        when: { kind: sellable, parent_id: null, level: 2, live: true }
        omit: [cost_price]
        json: [attributes]
        actor: { id: updated_by, type: updated_by_kind }
      shop."Price.List":
        resource: prices
        entity: price
        id: [tenantId, id]
`

const MINIMAL = (more = '', source = '') => `
sources:
  - name: pim
    database: \${PIM_DATABASE_URL}
    company: { value: cmp_7 }
${source}
    tables:
      product:
        resource: products
        entity: product
        id: id
${more}
`

const read = (text: string, topicPrefix = 'hooklane.') => whole(parseCaptureFile(text, { environment, topicPrefix }))

function whole(file: CaptureFile): CaptureFile {
  if (file.error) throw file.error
  return file
}

function faultsOf(text: string, topicPrefix = 'hooklane.'): string[] {
  const faults = parseCaptureFile(text, { environment, topicPrefix }).error?.faults ?? []
  return faults.map(({ path, line, message }) => `${line} ${path}: ${message}`)
}

describe('capture file', () => {
  it('is read into a configuration that holds all of it', () => {
    const [source] = read(WHOLE).sources
    expect(source).toMatchObject({
      name: 'pim',
      database: environment.PIM_DATABASE_URL,
      epoch: 3,
      company: { kind: 'column', column: 'company_id' },
      timezone: 'Europe/Oslo',
      slot: 'hooklane_pim',
      publication: 'hooklane_pim',
    })
    expect(source!.tables).toEqual([
      {
        schema: 'public',
        table: 'product',
        resource: 'products',
        entity: 'product',
        id: ['id'],
        key: 'sku',
        url: [
          { kind: 'text', text: 'https://pim.example.com/{api}' },
          { kind: 'text', text: '/products/' },
          { kind: 'id' },
          { kind: 'text', text: '?sku=' },
          { kind: 'column', column: 'sku' },
        ],
        version: 'version',
        ignore: ['updated_at', 'search_vector'],
        omit: ['cost_price'],
        json: ['attributes'],
        deleted: { column: 'deleted_at' },
        when: [
          { column: 'kind', equals: 'sellable' },
          { column: 'parent_id', equals: null },
          { column: 'level', equals: 2 },
          { column: 'live', equals: true },
        ],
        actor: { id: 'updated_by', type: 'updated_by_kind', name: null },
      },
      expect.objectContaining({ schema: 'shop', table: 'Price.List', id: ['tenantId', 'id'], key: null, url: null }),
    ])
  })

  it('needs no more than name, database, company and tables', () => {
    const [source] = read(MINIMAL()).sources
    expect(source).toMatchObject({ epoch: 1, timezone: 'UTC', company: { kind: 'value', value: 'cmp_7' } })
    expect(source!.tables[0]).toMatchObject({ schema: 'public', table: 'product', ignore: [], when: [], actor: null })
  })

  it('names the gaps that a person has accepted, and nothing but ids of gaps is allowed there', () => {
    const accepting = (ids: string) => MINIMAL('', `    accept: ${ids}`)
    expect(read(accepting('[gap-00000012, gap-1e234567]')).sources[0]?.accept).toEqual(['gap-00000012', 'gap-1e234567'])
    expect(read(accepting('[]')).sources[0]?.accept).toEqual([])
    expect(read(MINIMAL()).sources[0]?.accept).toEqual([])
    for (const ids of ['gap-00000012', '[true]', '[public.product]', '[gap-1E234567]', '[gap-123456789]']) {
      expect(faultsOf(accepting(ids))).toEqual([expect.stringMatching(/^6 sources\[0\]\.accept.*: must be /)])
    }
  })

  it.each([
    ['hooklane.', 'hooklane_pim'],
    ['My-System.eu.', 'my_system_eu_pim'],
    ['', 'pim'],
  ])('with topic prefix %j the slot is %s', (prefix, slot) => {
    expect(read(MINIMAL(), prefix).sources[0]).toMatchObject({ slot, publication: slot })
  })

  it('names given in the file win over the default', () => {
    const text = MINIMAL('', '    slot: own_slot\n    publication: Own')
    expect(read(text).sources[0]).toMatchObject({ slot: 'own_slot', publication: 'Own' })
  })

  it('captures several databases, the same resource in each', () => {
    const text = `${MINIMAL()}${MINIMAL().replace('sources:', '').replace('name: pim', 'name: erp')}`
    expect(read(text).sources.map((source) => source.slot)).toEqual(['hooklane_pim', 'hooklane_erp'])
  })

  it('resolves aliases', () => {
    const text = MINIMAL('        ignore: &columns [a]\n        omit: *columns')
    expect(read(text).sources[0]!.tables[0]!.omit).toEqual(['a'])
  })

  it.each(['partOf: { table: a, by: b, at: /c }', 'settle: PT2S', 'statusEvent: status', 'through: []', 'outbox: {}'])(
    'refuses %s by name',
    (line) => {
      const name = line.split(':')[0]!
      expect(faultsOf(MINIMAL(`        ${line}`))).toEqual([
        `12 sources[0].tables.product.${name}: ${name} is not available yet`,
      ])
    },
  )

  it('refuses company through another table, and an outbox of a source, by name', () => {
    expect(faultsOf(MINIMAL('', '    outbox: { table: public.hooklane_outbox }'))).toEqual([
      '6 sources[0].outbox: outbox is not available yet',
    ])
    expect(faultsOf(MINIMAL().replace('{ value: cmp_7 }', '{ through: { table: a } }'))).toEqual([
      '5 sources[0].company.through: through is not available yet',
    ])
  })

  it('a part of another entity is refused for that reason alone, whatever else is missing', () => {
    const text = MINIMAL('      price:\n        partOf: { table: product, by: product_id, at: "/prices/{currency}" }')
    expect(faultsOf(text)).toEqual(['13 sources[0].tables.price.partOf: partOf is not available yet'])
  })

  it('reports all faults together, in the order of the lines', () => {
    const text = `
sources:
  - name: hooklane
    databse: x
    epoch: 70000
    company: {}
    timezone: Mars/Olympus
    tables:
      public.product:
        resurce: products
        entity: a/b
        id: [id, id]
        ignore: updated_at
        version: 7
        json: []
      a.b.c: { resource: r, entity: e, id: i }
`
    expect(faultsOf(text)).toEqual([
      '3 sources[0].name: hooklane is a reserved name',
      '3 sources[0]: database is required',
      '4 sources[0].databse: databse is unknown here: did you mean database?',
      '5 sources[0].epoch: must be a whole number from 0 to 65535',
      '6 sources[0].company: must name either a column or a value',
      '7 sources[0].timezone: must be a time zone: UTC or a name such as Europe/Oslo',
      '10 sources[0].tables["public.product"].resurce: resurce is unknown here: did you mean resource?',
      '10 sources[0].tables["public.product"]: resource is required',
      '11 sources[0].tables["public.product"].entity: must be 1 to 128 letters, digits, dots, underscores or dashes',
      '12 sources[0].tables["public.product"].id[1]: id is listed twice',
      '13 sources[0].tables["public.product"].ignore: must be a list',
      '14 sources[0].tables["public.product"].version: must be text: write it in quotes',
      '15 sources[0].tables["public.product"].json: must name at least one column',
      '16 sources[0].tables["a.b.c"]: must be named schema.table',
    ])
  })

  it.each([
    [
      'another resource twice',
      MINIMAL('      other: { resource: products, entity: o, id: id }'),
      'resource products is already used by public.product',
    ],
    [
      'one table under two spellings',
      MINIMAL('      "public.product": { resource: o, entity: o, id: id }'),
      'public.product is listed twice',
    ],
    ...['resync', 'stream', 'Resync', 'stream.parts'].map((resource): [string, string, string] => [
      `the resource ${resource}, which is reserved`,
      MINIMAL().replace('resource: products', `resource: ${resource}`),
      `9 sources[0].tables.product.resource: ${resource} starts like Hooklane's own event types`,
    ]),
    ['an id that never leaves', MINIMAL('        omit: [id]'), 'omit names id, which is part of the id'],
    ['a URL of another kind', MINIMAL('        url: ftp://x/{id}'), 'must be an http or https URL'],
    ['a URL with an empty placeholder', MINIMAL('        url: "https://x/{}"'), 'holds an empty placeholder'],
    ['a URL with an unpaired brace', MINIMAL('        url: "https://x/{id"'), 'an unpaired brace'],
    [
      'a variable that is not set',
      MINIMAL('        url: "${NOWHERE}/x"'),
      'the environment variable NOWHERE is not set',
    ],
    ['a reference with a default', MINIMAL('        url: "${A:-b}/x"'), '${A:-b} is not a valid reference'],
    ['a number beyond a double', MINIMAL('        when: { a: 12345678901234567890 }'), 'write it in quotes'],
    ['a condition that is a list', MINIMAL('        when: { a: [1] }'), 'must be text, a number, true, false or null'],
    ['an actor without a column', MINIMAL('        actor: {}'), 'must name a column for id, type or name'],
    ['a slot that Postgres refuses', MINIMAL('', '    slot: My-Slot'), 'lower-case letters'],
    ['a company with a blank', MINIMAL().replace('cmp_7', '"cmp 7"'), 'visible ASCII'],
    ['a duplicate key', MINIMAL('        id: other'), 'Map keys must be unique'],
    ['a name twice', `${MINIMAL()}${MINIMAL().replace('sources:', '')}`, 'the name pim is already taken'],
    ['no source', 'sources: []', 'must name at least one source'],
    ['an empty file', '', 'sources is required'],
    ['text', 'just text', 'must be a map'],
  ])('refuses %s', (_, text, message) => {
    const faults = faultsOf(text)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(message)
  })

  it('a default slot that is too long has to be named', () => {
    expect(faultsOf(MINIMAL(), 'x'.repeat(61))[0]).toContain('slot is required')
    expect(faultsOf(MINIMAL('', '    slot: s\n    publication: p'), 'x'.repeat(61))).toEqual([])
  })

  it.each([
    'postgres://u:hunter2@db/pim',
    'postgres://u:hunter2@${HOST}/pim',
    'postgres://u:${PASS}hunter2@db/pim',
    'postgres://u@db/pim?password=hunter2',
  ])('refuses the literal password of %s without repeating it', (database) => {
    const text = MINIMAL().replace('${PIM_DATABASE_URL}', `"${database}"`)
    const message = () => whole(parseCaptureFile(text, { environment: { HOST: 'db', PASS: 'p' }, topicPrefix: 'h.' }))
    expect(message).toThrow(/capture.yaml:4 sources\[0\].database: holds a password/)
    expect(message).not.toThrow(/hunter2/)
  })

  it.each(['postgres://u@db/pim', 'postgresql://u:${PASS}@db:1/pim?sslmode=require', 'postgres://%2Frun%2Fpg/pim'])(
    'accepts %s',
    (database) => {
      const text = MINIMAL().replace('${PIM_DATABASE_URL}', `"${database}"`)
      const options = { environment: { PASS: 'p' }, topicPrefix: 'h.' }
      expect(whole(parseCaptureFile(text, options)).sources[0]!.database).toBe(database.replace('${PASS}', 'p'))
    },
  )

  it('for a variable that is not set, the most similar one that is set is suggested, with the line', () => {
    const text = MINIMAL().replace('${PIM_DATABASE_URL}', '${PIM_DATABSE_URL}')
    expect(parseCaptureFile(text, { environment, topicPrefix: 'h.' }).error?.message).toContain(
      'capture.yaml:4 sources[0].database: the environment variable PIM_DATABSE_URL is not set: did you mean PIM_DATABASE_URL? ' +
        '(set it, or point PIM_DATABSE_URL_FILE at a file that holds it, and restart)',
    )
  })

  it('a source with a fault is left out, and the others are read', () => {
    const faulty = MINIMAL('        resurce: x').replace('sources:', '').replace('name: pim', 'name: erp')
    const file = parseCaptureFile(`${MINIMAL()}${faulty}`, { environment, topicPrefix: 'h.' })
    expect(file.sources.map((source) => source.name)).toEqual(['pim'])
    expect(file.error?.faults).toHaveLength(1)
  })

  it('the name of a source with a fault stays taken', () => {
    const second = MINIMAL().replace('sources:', '').replace('name: pim', 'name: PIM')
    const file = parseCaptureFile(`${MINIMAL('        resurce: x')}${second}`, { environment, topicPrefix: 'h.' })
    expect(file.sources).toEqual([])
    expect(file.error?.message).toContain('the name PIM is already taken')
  })

  it('two sources of one database need two slots', () => {
    const slot = (name: string) => MINIMAL('', '    slot: ours').replace('name: pim', `name: ${name}`)
    expect(faultsOf(`${slot('pim')}${slot('erp').replace('sources:', '')}`)).toEqual([
      '15 sources[1]: the slot ours is already used by pim: give this source its own slot',
    ])
  })

  it('knows the line of every table and column', () => {
    const file = read(WHOLE)
    const [source] = file.sources
    expect(file.places.ofSource.get(source!)).toBe('capture.yaml:3')
    const [product, prices] = source!.tables.map((table) => file.places.ofTable.get(table)!)
    expect(product!.table).toBe('capture.yaml:9')
    expect(Object.fromEntries(product!.columns)).toMatchObject({
      company_id: 'capture.yaml:6',
      sku: 'capture.yaml:13',
      version: 'capture.yaml:15',
      search_vector: 'capture.yaml:16',
      deleted_at: 'capture.yaml:17',
      parent_id: 'capture.yaml:18',
      updated_by_kind: 'capture.yaml:21',
    })
    expect(prices!.table).toBe('capture.yaml:22')
    expect(prices!.columns.get('tenantId')).toBe('capture.yaml:25')
  })

  it('never shows the value of a variable', () => {
    const text = MINIMAL()
    const message = () =>
      whole(parseCaptureFile(text, { environment: { PIM_DATABASE_URL: 'mysql://u:hunter2@h' }, topicPrefix: 'h.' }))
    expect(message).toThrow(/must be a URL/)
    expect(message).not.toThrow(/hunter2/)
  })
})

describe('JSON Schema of the capture file', () => {
  it.each([
    WHOLE,
    MINIMAL(),
    MINIMAL('', '    slot: own_slot'),
    MINIMAL('', '    accept: [gap-1a2b3c4d]'),
    MINIMAL().replace('resource: products', 'resource: streams'),
  ])('accepts what the parser accepts', (text) => {
    expect(fitsSchema(parse(text))).toBe(true)
  })

  it.each([
    MINIMAL('        partOf: { table: a }'),
    MINIMAL('        resurce: a'),
    MINIMAL('        actor: {}'),
    MINIMAL('        when: { a: [1] }'),
    MINIMAL('', '    outbox: {}'),
    MINIMAL('', '    accept: [public.product]'),
    MINIMAL().replace('name: pim', 'name: hooklane'),
    MINIMAL().replace('resource: products', 'resource: resync'),
    MINIMAL().replace('resource: products', 'resource: Stream.parts'),
    'sources: []',
  ])('refuses what the parser refuses', (text) => {
    expect(fitsSchema(parse(text))).toBe(false)
    expect(faultsOf(text)).not.toEqual([])
  })

  it('lists the keys that the parser knows', () => {
    const available = (name: string) =>
      Object.entries(schema.$defs[name]!.properties).flatMap(([key, value]) =>
        'not' in value && !('type' in value) ? [] : [key],
      )
    expect(available('source').sort()).toEqual([...SOURCE_KEYS].sort())
    expect(available('table').sort()).toEqual([...TABLE_KEYS].sort())
  })
})
