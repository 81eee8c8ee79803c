import type { JsonObject } from '@hooklane/contracts/public'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'
import type { Relation, Row, RowChange } from '../row-change.js'

const ITEM: CapturedTable = {
  schema: 'public',
  table: 'item',
  resource: 'items',
  entity: 'item',
  id: ['id'],
  key: null,
  url: null,
  version: 'version',
  ignore: ['noise'],
  omit: [],
  json: [],
  deleted: { column: 'deleted' },
  when: [{ column: 'live', equals: true }],
  actor: null,
}

export const RESOURCES = ['items', 'twins'] as const
export type Resource = (typeof RESOURCES)[number]

export const SOURCE: CaptureSource = {
  name: 'pim',
  database: 'postgres://db/pim',
  epoch: 1,
  accept: [],
  company: { kind: 'column', column: 'company' },
  timezone: 'UTC',
  slot: 's',
  publication: 'p',
  tables: [ITEM, { ...ITEM, table: 'twin', resource: 'twins', entity: 'twin' }],
}

const COLUMNS = [
  ['id', 23],
  ['company', 25],
  ['name', 25],
  ['version', 23],
  ['noise', 25],
  ['deleted', 25],
  ['live', 16],
] as const

/**
 * Two tables with deferred unique keys, as Postgres has them. Each table is a list of physical rows. While a transaction runs, any number
 * of rows may have the same key; at the commit every key must be unique. The WAL identifies a row only by its content.
 */
export class PhysicalTables {
  private readonly rows: Record<Resource, Row[]> = { items: [], twins: [] }
  private isAltered = false
  private relations = this.describeAll()
  private log: RowChange[] = []

  insert(resource: Resource, row: Row): void {
    const after = this.shaped(row)
    this.rows[resource].push(after)
    this.log.push({ op: 'insert', relation: this.relations[resource], after })
  }

  /** Sets the columns in `values` in the row at index `at`. Does nothing if there is no such row. */
  update(resource: Resource, at: number, values: Row): void {
    const before = this.rows[resource][at]
    if (!before) return
    const after = new Map([...before, ...values])
    this.rows[resource][at] = after
    this.log.push({ op: 'update', relation: this.relations[resource], before: new Map(before), after })
  }

  delete(resource: Resource, at: number): void {
    const [before] = this.rows[resource].splice(at, 1)
    if (before) this.log.push({ op: 'delete', relation: this.relations[resource], before: new Map(before) })
  }

  /** Makes new descriptions of the tables, because Postgres may describe a table again at any time. */
  describeAgain(): void {
    this.relations = this.describeAll()
  }

  /** Adds a column. Does nothing while a key is not unique, because Postgres does not alter a table then. */
  alter(): void {
    if (RESOURCES.some((resource) => this.duplicates(resource).length > 0)) return
    this.isAltered = true
    for (const resource of RESOURCES) this.rows[resource] = this.rows[resource].map((row) => this.shaped(row))
    this.describeAgain()
  }

  /** Makes every key unique: gives free keys to duplicate rows, and deletes duplicates when no key is free. */
  settle(keys: readonly string[], choices: readonly number[]): void {
    for (const resource of RESOURCES) {
      for (const choice of choices) {
        const duplicates = this.duplicates(resource)
        const at = duplicates[choice % Math.max(1, duplicates.length)]
        if (at === undefined) break
        const free = keys.find((key) => this.rows[resource].every((row) => row.get('id') !== key))
        if (free === undefined) this.delete(resource, at)
        else this.update(resource, at, new Map([['id', free]]))
      }
      for (let [at] = this.duplicates(resource); at !== undefined; [at] = this.duplicates(resource))
        this.delete(resource, at)
    }
  }

  /** Returns the row changes in the WAL since the last commit. */
  commit(): RowChange[] {
    const { log } = this
    this.log = []
    return log
  }

  /** Every entity that exists, computed without the code under test. */
  entities(): Map<string, JsonObject> {
    return new Map(
      RESOURCES.flatMap((resource) =>
        this.rows[resource]
          .filter((row) => row.get('company') !== null && row.get('deleted') === null && row.get('live') === 't')
          .map((row) => {
            const { added: _, ...columns } = Object.fromEntries(row)
            const [id, version] = [Number(row.get('id')), Number(row.get('version'))]
            return [
              `${resource}/${row.get('company')}/${row.get('id')}`,
              { ...columns, id, version, live: true },
            ] as const
          }),
      ),
    )
  }

  private duplicates(resource: Resource): number[] {
    const rows = this.rows[resource]
    const isShared = (row: Row) => rows.some((other) => other !== row && other.get('id') === row.get('id'))
    return rows.flatMap((row, at) => (isShared(row) ? [at] : []))
  }

  private shaped(row: Row): Row {
    return this.isAltered ? new Map([...row, ['added', 'default']]) : row
  }

  private describeAll(): Record<Resource, Relation> {
    const describe = (table: string): Relation => ({
      schema: 'public',
      table,
      columns: [...COLUMNS, ...(this.isAltered ? [['added', 25] as const] : [])].map(([name, typeOid]) => ({
        name,
        typeOid,
        typeModifier: -1,
      })),
      replicaIdentity: 'full',
    })
    return { items: describe('item'), twins: describe('twin') }
  }
}
