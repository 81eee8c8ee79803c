import type { JsonValue } from '@hooklane/contracts/public'
import { CaptureError } from '../capture-error.js'
import { qualifiedName, type CapturedTable, type CaptureSource, type RowCondition } from '../capture-configuration.js'
import type { Relation, Row } from '../row-change.js'
import { canonicalDecimal } from '../values/decimal.js'
import { valueDecoder, type ValueDecoder } from '../values/decode-value.js'
import type { Actor, EntityState, EntityVersion, RowIdentity } from './entity-state.js'

/** Returns the names of the columns of a relation that must not be shown. */
export type HiddenColumnsOf = (relation: Relation) => ReadonlySet<string>
const NO_COLUMNS: ReadonlySet<string> = new Set()
const hideNothing: HiddenColumnsOf = () => NO_COLUMNS

const MAX_COMPANY = /^[\x21-\x7e]{1,128}$/
const MAX_ID_LENGTH = 1024
const MAX_KEY_LENGTH = 1024
const MAX_URL_LENGTH = 2048
/** Limit for a version and for each part of an actor: unlike the values in `data`, they cannot be left out of an event to make it fit. */
const MAX_NAME_LENGTH = 1024

/** A UTF-16 surrogate without its partner: JSON may hold one, UTF-8 and URLs cannot. */
const LONE_SURROGATE = /\p{Surrogate}/gu

/** A column of a relation with the decoder of its type. */
interface CompiledColumn {
  readonly name: string
  readonly decode: ValueDecoder
  readonly isShown: boolean
  /**
   * Whether the value may appear as key, version, URL or actor. If the capture file names a column both in `omit` and for one of these, it
   * appears there on purpose.
   */
  readonly isPublishable: boolean
}

type CompiledRelation = ReadonlyMap<string, CompiledColumn>

/**
 * Interprets the rows of one captured table. It keeps the decoders of each relation object, so pass the same object as long as the table
 * has the same shape.
 */
export class RowReader {
  private readonly compiled = new WeakMap<Relation, CompiledRelation>()
  /** Columns whose change is no event: the ignored and the omitted ones. */
  readonly ignoredColumns: ReadonlySet<string>

  /** @param hiddenOf columns that are hidden in addition to those that the capture file omits; called once for each relation */
  constructor(
    readonly source: CaptureSource,
    readonly table: CapturedTable,
    private readonly hiddenOf: HiddenColumnsOf = hideNothing,
  ) {
    this.ignoredColumns = new Set([...table.ignore, ...table.omit])
  }

  /** Which entity a row is. Reads the few columns that decide it. */
  identify(relation: Relation, row: Row): RowIdentity {
    const columns = this.columnsOf(relation)
    const companyId = this.companyOf(row)
    if (companyId === null) return { isEntity: false, reason: 'companyMissing', identity: null }
    if (!MAX_COMPANY.test(companyId)) return { isEntity: false, reason: 'companyInvalid', identity: null }
    const parts = this.table.id.map((name) => row.get(name) ?? null)
    const id = this.entityId(columns, row)
    if (parts.includes(null) || id === null || id === '')
      return { isEntity: false, reason: 'idMissing', identity: null }
    if (id.length > MAX_ID_LENGTH) return { isEntity: false, reason: 'idTooLong', identity: null }
    // The resource distinguishes rows of different tables, which often have the same id. Postgres text never contains NUL, so different
    // lists of parts never yield the same text.
    const identity = [this.table.resource, companyId, ...parts].join('\0')
    return this.isThere(columns, row)
      ? { isEntity: true, companyId, identity }
      : { isEntity: false, reason: null, identity }
  }

  /** The whole state of a row for which `identify` says that it is an entity. */
  state(relation: Relation, row: Row): EntityState {
    const columns = this.columnsOf(relation)
    const id = this.entityId(columns, row) ?? ''
    const members: [string, JsonValue][] = []
    let characters = 0
    for (const column of columns.values()) {
      const text = row.get(column.name)
      if (!column.isShown || text === undefined) continue
      members.push([column.name, text === null ? null : column.decode(text)])
      characters += column.name.length + (text?.length ?? 4)
    }
    return {
      companyId: this.companyOf(row) ?? '',
      id,
      key: this.table.key === null ? null : atMost(MAX_KEY_LENGTH, publishableTextOf(columns, row, this.table.key)),
      url: this.urlOf(columns, row, id),
      version: this.versionOf(relation, row),
      actor: this.actorOf(relation, row),
      data: Object.fromEntries(members),
      characters,
    }
  }

  /** The id of a row, for messages to people. Unlike an entity's id it may be incomplete and of any length. */
  describeId(relation: Relation, row: Row): string {
    const columns = this.columnsOf(relation)
    return joinId(this.table.id.map((name) => textOf(columns, row, name) ?? '(null)'))
  }

  /** The version counter of a row; null where the table has none. */
  versionOf(relation: Relation, row: Row): EntityVersion {
    const { version } = this.table
    const isPublishable = version !== null && this.columnsOf(relation).get(version)?.isPublishable === true
    const short = atMost(MAX_NAME_LENGTH, isPublishable ? (row.get(version) ?? null) : null)
    if (short === null || !/^-?\d+$/.test(short)) return short
    const number = Number(short)
    return Number.isSafeInteger(number) ? number : short
  }

  /** Who changed a row last, by its own columns; null when none of them has a value. */
  actorOf(relation: Relation, row: Row): Actor | null {
    const { actor } = this.table
    if (!actor) return null
    const columns = this.columnsOf(relation)
    const read = (name: string | null) =>
      name === null ? null : atMost(MAX_NAME_LENGTH, publishableTextOf(columns, row, name))
    const found = { type: read(actor.type), id: read(actor.id), name: read(actor.name) }
    return found.type === null && found.id === null && found.name === null ? null : found
  }

  private companyOf(row: Row): string | null {
    const { company } = this.source
    return company.kind === 'value' ? company.value : (row.get(company.column) ?? null)
  }

  private entityId(columns: CompiledRelation, row: Row): string | null {
    const parts = this.table.id.map((name) => textOf(columns, row, name))
    return parts.every((part) => part !== null) ? joinId(parts) : null
  }

  private isThere(columns: CompiledRelation, row: Row): boolean {
    const { deleted, when } = this.table
    if (deleted && columns.get(deleted.column)?.isPublishable === true && (row.get(deleted.column) ?? null) !== null)
      return false
    return when.every((condition) => holds(condition, columns, row))
  }

  private urlOf(columns: CompiledRelation, row: Row, id: string): string | null {
    if (!this.table.url) return null
    let url = ''
    for (const part of this.table.url) {
      if (part.kind === 'text') url += part.text
      else {
        const value = part.kind === 'id' ? id : publishableTextOf(columns, row, part.column)
        // A value that is too long is too long when encoded, as well.
        if (value === null || value.length > MAX_URL_LENGTH) return null
        url += encodeURIComponent(value.replace(LONE_SURROGATE, '\ufffd'))
      }
    }
    return atMost(MAX_URL_LENGTH, url)
  }

  private columnsOf(relation: Relation): CompiledRelation {
    let columns = this.compiled.get(relation)
    if (!columns) {
      columns = this.compile(relation)
      this.requireDeciding(columns)
      this.compiled.set(relation, columns)
    }
    return columns
  }

  /** @throws CaptureError when a column that decides which entity a row is does not exist, or is a hidden one under that name */
  private requireDeciding(columns: CompiledRelation): void {
    const deciding = decidingColumns(this.source, this.table)
    const missing = deciding.filter((name) => !columns.has(name))
    const table = qualifiedName(this.table)
    if (missing.length > 0) {
      throw new CaptureError(
        'CAPTURE_COLUMN_MISSING',
        `${table} had no column ${missing.join(', ')} when the row was written; if the capture file has named the column ` +
          'only since then, use the previous file until the source has caught up',
      )
    }
    const omitted = deciding.filter((name) => columns.get(name)?.isPublishable === false)
    if (omitted.length > 0) {
      throw new CaptureError(
        'CAPTURE_COLUMN_MISSING',
        `the column ${omitted.join(', ')} of ${table} may be a column that the capture file omits under another name; ` +
          'if its values may appear where the file uses it, add this name to `omit` as well',
      )
    }
  }

  private compile(relation: Relation): CompiledRelation {
    const { omit, json } = this.table
    const hidden = this.hiddenOf(relation)
    return new Map(
      relation.columns.map((column) => [
        column.name,
        {
          name: column.name,
          decode: valueDecoder(column, { timezone: this.source.timezone, isJson: json.includes(column.name) }),
          isShown: !omit.includes(column.name) && !hidden.has(column.name),
          isPublishable: omit.includes(column.name) || !hidden.has(column.name),
        },
      ]),
    )
  }
}

/**
 * The columns that decide whether a logged row is an entity, and which one; each once. A row that was written before one of them was added
 * cannot be understood. Other columns may be missing: then `key`, `version`, `url` or `actor` is null, and the row is not softly deleted.
 */
function decidingColumns({ company }: CaptureSource, { id, when }: CapturedTable): readonly string[] {
  const ofCompany = company.kind === 'column' ? [company.column] : []
  return [...new Set([...id, ...ofCompany, ...when.map(({ column }) => column)])]
}

/** Every column that the capture file names for a table, each once. */
export const referencedColumns = (source: CaptureSource, table: CapturedTable): string[] => [
  ...new Set([...neededColumns(source, table), ...table.ignore, ...table.omit, ...table.json]),
]

/** The columns whose values are needed to publish the rows of a table as the capture file says, each once. */
export function neededColumns(source: CaptureSource, table: CapturedTable): string[] {
  const names = [
    ...table.id,
    ...(source.company.kind === 'column' ? [source.company.column] : []),
    table.key,
    table.version,
    ...(table.url ?? []).map((part) => (part.kind === 'column' ? part.column : null)),
    table.deleted?.column ?? null,
    ...table.when.map((condition) => condition.column),
    ...(table.actor ? [table.actor.id, table.actor.type, table.actor.name] : []),
  ]
  return [...new Set(names.filter((name) => name !== null))]
}

/** A value as text: decoded strings, booleans as `true` or `false`, everything else as Postgres prints it. */
function textOf(columns: CompiledRelation, row: Row, name: string): string | null {
  const text = row.get(name) ?? null
  if (text === null) return null
  const value = columns.get(name)?.decode(text)
  if (typeof value === 'string') return value
  return typeof value === 'boolean' ? String(value) : text
}

/** Like `textOf`, but null when the column with this name must not be published. */
const publishableTextOf = (columns: CompiledRelation, row: Row, name: string): string | null =>
  columns.get(name)?.isPublishable === true ? textOf(columns, row, name) : null

function holds(condition: RowCondition, columns: CompiledRelation, row: Row): boolean {
  const text = row.get(condition.column) ?? null
  const expected = condition.equals
  if (text === null || expected === null) return text === expected
  const value = columns.get(condition.column)?.decode(text)
  // The author of the file may write the constant with or without quotes, so it is enough that both are the same as text.
  if (typeof value !== 'object' && String(value) === String(expected)) return true
  // Only a number is compared by its value: the text `007` is not the text `7`.
  return typeof expected === 'number' && canonicalDecimal(text) === canonicalDecimal(String(expected))
}

/** Joins the parts of an id so that `a:b` and `c` differ from `a` and `b:c`. A single part stays as it is. */
function joinId(parts: readonly string[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll(':', '%3A')).join(':')
}

const atMost = (length: number, text: string | null): string | null =>
  text !== null && text.length > length ? null : text
