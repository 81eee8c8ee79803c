import {
  GAP_ID,
  isTimezone,
  qualifiedName,
  referencedColumns,
  type CapturedTable,
  type CaptureSource,
  type CompanyRule,
} from '@hooklane/core/capture'
import { parseUrl } from '@hooklane/core/kernel'
import type { ExpandedPiece } from './environment-references.js'
import { joined } from './environment-references.js'
import { parseTable } from './parse-table.js'
import type { YamlFields, YamlMember, YamlValue } from './yaml-reader.js'

/** The keys of a source, as docs/reference/capture.schema.json lists them. */
export const SOURCE_KEYS = [
  'name',
  'database',
  'epoch',
  'company',
  'timezone',
  'slot',
  'publication',
  'accept',
  'tables',
] as const

/** Names of producers that are not captured databases: `hooklane` publishes Hooklane's own configuration, `api` stands for REST. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['hooklane', 'api'])

/** Positions carry the epoch in four hexadecimal digits. */
const MAX_EPOCH = 0xffff

/** A source, and the lines of the file on which the source, its tables and their columns are written. */
export interface ParsedSource {
  readonly source: CaptureSource
  readonly line: number
  readonly tables: readonly {
    readonly table: CapturedTable
    readonly line: number
    readonly columns: ReadonlyMap<string, number>
  }[]
}

/** Reads one entry of `sources`. Null when a required key is missing or faulty. */
export function parseSource(value: YamlValue, topicPrefix: string): ParsedSource | null {
  const fields = value.fields(SOURCE_KEYS)
  if (!fields) return null
  const name = fields.required('name', parseName)
  const database = fields.required('database', parseDatabase)
  let companyLine = value.line
  const company = fields.required('company', (one) => {
    companyLine = one.line
    return parseCompany(one)
  })
  const epoch = fields.optional('epoch', 1, (one) => one.integer(0, MAX_EPOCH))
  const timezone = fields.optional('timezone', 'UTC', parseTimezone)
  const tables = fields.required('tables', parseTables)
  const slot = name === null ? null : parseSlot(fields, value, `${topicPrefix}${name}`)
  if (name === null || database === null || company === null || tables === null || slot === null) return null
  const publication = fields.optional('publication', defaultSlot(`${topicPrefix}${name}`), (one) =>
    one.matching(/^.{1,63}$/, 'must be at most 63 characters'),
  )
  const accept = fields.optional('accept', [], parseAccepted)
  const source = {
    name,
    database,
    epoch,
    company,
    timezone,
    slot,
    publication,
    accept,
    tables: tables.map(({ table }) => table),
  }
  return {
    source,
    line: value.line,
    tables: tables.map(({ table, member }) => ({
      table,
      line: member.line,
      columns: columnLines(source, table, { member, companyLine }),
    })),
  }
}

/**
 * The line of each column. A column whose name is not written below its table (it may come from the environment) gets the line of the
 * table, and the company column gets the line of `company`.
 */
function columnLines(
  source: CaptureSource,
  table: CapturedTable,
  { member, companyLine }: { readonly member: YamlMember; readonly companyLine: number },
): ReadonlyMap<string, number> {
  const columns = referencedColumns(source, table)
  const written = member.value.linesOf(columns, ['resource', 'entity'])
  const isCompany = (column: string) => source.company.kind === 'column' && source.company.column === column
  return new Map(
    columns.map((column) => [column, written.get(column) ?? (isCompany(column) ? companyLine : member.line)]),
  )
}

/**
 * Turns a name into one that Postgres allows for a slot: lower case, with an underscore for every character that is not a letter or a
 * digit.
 */
const defaultSlot = (name: string): string => name.toLowerCase().replace(/[^a-z0-9_]/g, '_')

function parseSlot(fields: YamlFields, source: YamlValue, name: string): string | null {
  const slot = fields.optional('slot', defaultSlot(name), (one) =>
    one.matching(/^[a-z0-9_]{1,63}$/, 'must be 1 to 63 lower-case letters, digits or underscores'),
  )
  return slot.length <= 63 ? slot : source.fault(`slot is required: the default ${slot} is longer than 63 characters`)
}

function parseName(value: YamlValue): string | null {
  const rule = 'must be 1 to 60 letters, digits, dots, underscores or dashes'
  const name = value.matching(/^[a-zA-Z0-9_.-]{1,60}$/, rule)
  return name !== null && RESERVED_NAMES.has(name.toLowerCase()) ? value.fault(`${name} is a reserved name`) : name
}

function parseDatabase(value: YamlValue): string | null {
  const pieces = value.pieces()
  if (pieces === null) return null
  const database = joined(pieces)
  if (!/^postgres(ql)?:\/\//.test(database) || !parseUrl(database)) {
    return value.fault('must be a URL: postgres://user:password@host:port/database')
  }
  return holdsPassword(pieces) ? value.fault('holds a password: replace it with a reference, ${NAME}') : database
}

/** Whether a password, or a part of one, is written in the file itself. References are replaced by NUL and do not count as written. */
function holdsPassword(pieces: readonly ExpandedPiece[]): boolean {
  const written = pieces.map((piece) => (piece.isFromEnvironment ? '\0' : piece.text)).join('')
  const userPassword = /^[^:]*:\/\/[^/?#@]*?:(.*)@/s.exec(written)?.[1] ?? ''
  const queryPasswords = [...written.matchAll(/[?&](?:ssl)?password=([^&#]*)/gi)].map((match) => match[1] ?? '')
  return [userPassword, ...queryPasswords].some((password) => password.replaceAll('\0', '') !== '')
}

function parseCompany(value: YamlValue): CompanyRule | null {
  const fields = value.fields(['column', 'value'])
  if (!fields || fields.isIncomplete) return null
  if (fields.has('column') === fields.has('value')) return value.fault('must name either a column or a value')
  if (fields.has('column')) {
    const column = fields.required('column', (one) => one.text())
    return column === null ? null : { kind: 'column', column }
  }
  const rule = 'must be 1 to 128 visible ASCII characters'
  const company = fields.required('value', (one) => one.matching(/^[\x21-\x7e]{1,128}$/, rule))
  return company === null ? null : { kind: 'value', value: company }
}

function parseTimezone(value: YamlValue): string | null {
  const timezone = value.text()
  if (timezone === null) return null
  return isTimezone(timezone) ? timezone : value.fault('must be a time zone: UTC or a name such as Europe/Oslo')
}

/** Ids of gaps, as refusals print them. */
function parseAccepted(value: YamlValue): string[] | null {
  const ids = value.items()?.map((item) => item.matching(GAP_ID, 'must be a gap id from a refusal: gap-1a2b3c4d'))
  return ids?.every((id) => id !== null) ? ids : null
}

interface ParsedTable {
  readonly table: CapturedTable
  readonly member: YamlMember
}

function parseTables(value: YamlValue): ParsedTable[] | null {
  const members = value.members()
  if (!members) return null
  if (members.length === 0) return value.fault('must name at least one table')
  const parsed: ParsedTable[] = []
  for (const member of members) {
    const table = parseTable(member)
    if (!table) continue
    const sameTable = parsed.find((other) => qualifiedName(other.table) === qualifiedName(table))
    const sameResource = parsed.find((other) => other.table.resource === table.resource)
    if (sameTable) member.value.fault(`${qualifiedName(table)} is listed twice`)
    else if (sameResource) {
      member.value.fault(`resource ${table.resource} is already used by ${qualifiedName(sameResource.table)}`)
    }
    parsed.push({ table, member })
  }
  return parsed
}
