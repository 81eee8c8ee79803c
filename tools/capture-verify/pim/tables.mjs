import * as make from './values.mjs'

/**
 * The tables of the PIM that a run captures. Each is a different case for the event-producer. Columns whose names begin with `secret` must
 * never be published.
 *
 * @typedef {object} ColumnSpec
 * @property {string} type - As `format_type` prints it.
 * @property {import('./values.mjs').Maker} make
 * @property {string} [other] - A second type. Hostile changes alter the column to this type and back.
 *
 * @typedef {object} TableSpec
 * @property {string} name
 * @property {string[]} id - The primary key.
 * @property {(chance: import('../chance.mjs').Chance) => unknown[]} makeId - Makes a random id. There are so few ids that
 *   the same rows are chosen again and again.
 * @property {Record<string, ColumnSpec>} columns - All columns, including those of the id.
 * @property {string} [keyOptions] - The SQL after PRIMARY KEY.
 * @property {string} [partitioning] - The SQL after the columns.
 * @property {string[]} [outOfLine] - Columns whose long values are stored out of line, uncompressed.
 * @property {string[]} changeable - Columns that a change of the catalogue may rename or drop.
 * @property {import('../judge/effects.mjs').Meaning} meaning - The entry of the table in the first capture file of the run.
 */

const TEXT = 'text'
const company_id = { type: TEXT, make: make.company }
const plain = { key: null, version: null, deleted: null, when: {}, ignore: [], omit: [], actor: null }

/** @type {TableSpec} */
const item = {
  name: 'item',
  id: ['id'],
  makeId: (chance) => [chance.between(1, 1500)],
  columns: {
    id: { type: 'bigint', make: make.count },
    company_id,
    sku: { type: TEXT, make: make.words },
    name: { type: TEXT, make: make.nullable(make.words) },
    price: { type: 'numeric(14,4)', make: make.nullable(make.amount) },
    quantity: { type: 'integer', make: make.nullable(make.count), other: 'bigint' },
    is_active: { type: 'boolean', make: make.nullable(make.flag) },
    day: { type: 'date', make: make.nullable(make.day) },
    span: { type: 'interval', make: make.nullable(make.span) },
    raw: { type: 'bytea', make: make.nullable(make.bytes) },
    ratio: { type: 'double precision', make: make.nullable(make.ratio), other: 'numeric' },
    tags: { type: 'text[]', make: make.nullable(make.texts) },
    note: { type: TEXT, make: make.nullable(make.words), other: 'character varying(400)' },
    secret_cost: { type: TEXT, make: make.secret },
    updated_at: { type: 'timestamp with time zone', make: make.moment },
  },
  changeable: ['note', 'quantity', 'ratio', 'secret_cost', 'updated_at', 'sku'],
  meaning: {
    ...plain,
    table: 'item',
    resource: 'items',
    entity: 'item',
    id: ['id'],
    key: 'sku',
    ignore: ['updated_at'],
    omit: ['secret_cost'],
  },
}

/** @type {TableSpec} */
const price = {
  name: 'price',
  id: ['tenant', 'code'],
  makeId: (chance) => [chance.pick(['north', 'south', 'a:b']), `C${chance.between(1, 120)}`],
  columns: {
    tenant: { type: TEXT, make: make.words },
    code: { type: TEXT, make: make.words },
    company_id,
    amount: { type: 'numeric', make: make.nullable(make.amount) },
    currency: { type: TEXT, make: make.words, other: 'character varying(400)' },
    margin: { type: 'integer', make: make.nullable(make.count), other: 'bigint' },
    secret_margin: { type: TEXT, make: make.secret },
  },
  changeable: ['currency', 'margin', 'secret_margin'],
  meaning: {
    ...plain,
    table: 'price',
    resource: 'prices',
    entity: 'price',
    id: ['tenant', 'code'],
    omit: ['secret_margin'],
  },
}

/** The key is checked only at the commit, so two rows may have the same id within a transaction. @type {TableSpec} */
const place = {
  name: 'place',
  id: ['id'],
  makeId: (chance) => [chance.between(1, 200)],
  columns: {
    id: { type: 'integer', make: make.count },
    company_id,
    label: { type: TEXT, make: make.nullable(make.words) },
    secret_hint: { type: TEXT, make: make.secret },
  },
  keyOptions: 'DEFERRABLE INITIALLY DEFERRED',
  changeable: ['label', 'secret_hint'],
  meaning: { ...plain, table: 'place', resource: 'places', entity: 'place', id: ['id'], omit: ['secret_hint'] },
}

/** @type {TableSpec} */
const product = {
  name: 'product',
  id: ['id'],
  makeId: (chance) => [`p-${chance.between(1, 800)}`],
  columns: {
    id: { type: TEXT, make: make.words },
    company_id,
    sku: { type: TEXT, make: make.words },
    name: { type: 'jsonb', make: make.json },
    price: { type: 'numeric(12,2)', make: make.amount },
    kind: { type: TEXT, make: make.kind },
    version: { type: 'integer', make: make.count },
    note: { type: TEXT, make: make.nullable(make.words), other: 'character varying(400)' },
    deleted_at: { type: 'timestamp with time zone', make: make.deletion },
    updated_by: { type: TEXT, make: make.words },
    updated_at: { type: 'timestamp with time zone', make: make.moment },
    secret_price: { type: TEXT, make: make.secret },
  },
  changeable: ['note', 'updated_at', 'secret_price', 'sku'],
  meaning: {
    ...plain,
    table: 'product',
    resource: 'products',
    entity: 'product',
    id: ['id'],
    key: 'sku',
    version: 'version',
    deleted: 'deleted_at',
    when: { kind: 'sellable' },
    ignore: ['updated_at'],
    omit: ['secret_price'],
    actor: 'updated_by',
  },
}

/** Has values that are stored out of line. If an update does not change such a value, the new row in the log lacks it. @type {TableSpec} */
const doc = {
  name: 'doc',
  id: ['id'],
  makeId: (chance) => [`00000000-0000-4000-8000-${String(chance.between(1, 150)).padStart(12, '0')}`],
  columns: {
    id: { type: 'uuid', make: make.words },
    company_id,
    title: { type: TEXT, make: make.nullable(make.words), other: 'character varying(400)' },
    body: { type: TEXT, make: make.nullable(make.long) },
    payload: { type: 'jsonb', make: make.nullable(make.json) },
    secret_body: { type: TEXT, make: (chance, world) => `${make.secret(chance, world)}${make.long(chance, world)}` },
  },
  outOfLine: ['body', 'secret_body'],
  changeable: ['title', 'secret_body'],
  meaning: { ...plain, table: 'doc', resource: 'docs', entity: 'doc', id: ['id'], omit: ['secret_body'] },
}

/** Partitioned by bucket; one of its partitions is partitioned again, by region. @type {TableSpec} */
const event = {
  name: 'ev',
  id: ['bucket', 'region', 'id'],
  makeId: (chance) => [chance.between(0, 39), chance.pick(['n', 's']), chance.between(1, 25)],
  columns: {
    bucket: { type: 'integer', make: make.count },
    region: { type: TEXT, make: make.words },
    id: { type: 'bigint', make: make.count },
    company_id,
    what: { type: TEXT, make: make.nullable(make.words) },
    at: { type: 'timestamp with time zone', make: make.nullable(make.moment) },
    secret_source: { type: TEXT, make: make.secret },
  },
  partitioning: 'PARTITION BY RANGE (bucket)',
  changeable: [],
  meaning: {
    ...plain,
    table: 'ev',
    resource: 'evs',
    entity: 'ev',
    id: ['bucket', 'region', 'id'],
    omit: ['secret_source'],
  },
}

/** Only checkpoints insert rows here, to see how far the event-producer has read. @type {TableSpec} */
const beacon = {
  name: 'beacon',
  id: ['id'],
  makeId: (chance) => [`b${chance.between(1, 9)}`],
  columns: { id: { type: TEXT, make: make.words }, company_id, n: { type: 'bigint', make: make.count } },
  changeable: [],
  meaning: { ...plain, table: 'beacon', resource: 'beacons', entity: 'beacon', id: ['id'] },
}

/** @type {readonly TableSpec[]} */
export const TABLES = [item, price, place, product, doc, event, beacon]

/** Tables that the load and the hostile changes work on. */
export const HOSTILE_TABLES = TABLES.filter(({ name }) => name !== 'beacon')

/** @param {string} name @returns {TableSpec} */
export function tableNamed(name) {
  const found = TABLES.find((table) => table.name === name)
  if (!found) throw new Error(`there is no table ${name}`)
  return found
}

/** The statements that create a table, with everything that capturing it requires. @param {TableSpec} table @returns {string[]} */
export function createStatements({ name, id, columns, keyOptions = '', partitioning = '', outOfLine = [] }) {
  const parts = Object.entries(columns).map(([column, { type }]) => `${column} ${type}`)
  parts.push(`PRIMARY KEY (${id.join(', ')}) ${keyOptions}`)
  return [
    `CREATE TABLE public.${name} (${parts.join(', ')}) ${partitioning}`,
    `ALTER TABLE public.${name} REPLICA IDENTITY FULL`,
    ...outOfLine.map((column) => `ALTER TABLE public.${name} ALTER COLUMN ${column} SET STORAGE EXTERNAL`),
  ]
}

/** The partitions of `ev` at the beginning of a run. */
export const FIRST_PARTITIONS = [
  { name: 'ev_0', parent: 'ev', bounds: 'FROM (0) TO (10)', tail: '' },
  { name: 'ev_1', parent: 'ev', bounds: 'FROM (10) TO (20)', tail: 'PARTITION BY LIST (region)' },
  { name: 'ev_1_n', parent: 'ev_1', bounds: "IN ('n')", tail: '' },
  { name: 'ev_1_s', parent: 'ev_1', bounds: "IN ('s')", tail: '' },
]
