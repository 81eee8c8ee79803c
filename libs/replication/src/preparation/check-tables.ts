import { closestName } from '@hooklane/core'
import type { Client } from 'pg'
import { nameOf, type ReplicatedTable, type TableOids } from '../replicated-source.js'
import { SourceRefused, type RefusalCode } from '../source-refused.js'
import { quoteName, quoteTable } from './quote.js'
import { readTableFacts, readTableNames, type TableFacts } from './read-table-facts.js'

interface Problem {
  readonly code: RefusalCode
  readonly text: string
  readonly statements: readonly string[]
}

/**
 * Refuses tables that are missing, lack a column, whose rows the id does not tell apart, or whose old rows the log would not hold: all
 * that is wrong at once, so that a person mends it in one go.
 *
 * Order matters: this comes before the publication. Once a table is published, Postgres refuses its UPDATEs and DELETEs when it has no
 * replica identity, and that would hit the application.
 *
 * @param before oids under which the tables were captured earlier: a table that was renamed is recognised by it
 */
export async function checkTables(
  client: Client,
  tables: readonly ReplicatedTable[],
  before: TableOids = new Map(),
): Promise<TableOids> {
  const oids = new Map<string, number>()
  const problems: Problem[] = []
  for (const table of tables) {
    const facts = await readTableFacts(client, table)
    if (!facts) {
      problems.push(await missingTable(client, table, before.get(nameOf(table)) ?? null))
      continue
    }
    oids.set(nameOf(table), facts.oid)
    problems.push(...problemsOf(table, facts))
  }
  const [first] = problems
  if (!first) return oids
  throw new SourceRefused(
    first.code,
    problems.map((problem) => problem.text).join('; '),
    problems.flatMap((problem) => problem.statements),
  )
}

/** ` (capture.yaml:9)`, where it is known. */
const at = (place: string | undefined): string => (place === undefined ? '' : ` (${place})`)

async function missingTable(client: Client, table: ReplicatedTable, oid: number | null): Promise<Problem> {
  const name = nameOf(table)
  const place = table.written?.table
  const mend = place === undefined ? '' : `, or correct ${place} and restart the event-producer`
  const existing = await readTableNames(client)
  const renamed = existing.find((entry) => entry.oid === oid)
  const problem = (text: string): Problem => ({ code: 'TABLE_MISSING', text, statements: [] })
  if (renamed) {
    return problem(
      `the table ${name}${at(place)} is called ${nameOf(renamed)} now: rename it back${mend}. Its changes wait in the log`,
    )
  }
  if (existing.some((entry) => nameOf(entry) === name)) {
    return problem(`${name}${at(place)} is no table, and only tables are in the log: name the table behind it${mend}`)
  }
  const meant = closestTable(table, existing.filter((entry) => entry.isTable).map(nameOf))
  const suggestion = meant === null ? '' : `: did you mean ${meant}?`
  return problem(
    `there is no table ${name}${at(place)}${suggestion} (names are as in the catalogue, capitals included). Create it${mend}`,
  )
}

/** Of the same schema if there is one that is like it; else the same name elsewhere. */
function closestTable(table: ReplicatedTable, existing: readonly string[]): string | null {
  const inSchema = existing
    .filter((name) => name.startsWith(`${table.schema}.`))
    .map((name) => name.slice(table.schema.length + 1))
  const closest = closestName(table.table, inSchema)
  if (closest !== null) return `${table.schema}.${closest}`
  return existing.find((name) => name.toLowerCase().endsWith(`.${table.table.toLowerCase()}`)) ?? null
}

function problemsOf(table: ReplicatedTable, facts: TableFacts): Problem[] {
  const name = nameOf(table)
  const place = table.written?.table
  const problems: Problem[] = []
  const missing = [...new Set([...table.columns, ...table.id])].filter((column) => !facts.columns.includes(column))
  if (missing.length > 0) problems.push(missingColumns(table, missing, facts))
  if (facts.virtualColumns.length > 0) {
    problems.push({
      code: 'REPLICA_IDENTITY',
      text:
        `${name}${at(place)} cannot be captured: its virtual generated columns ${facts.virtualColumns.join(', ')} are not in the log, and ` +
        `under REPLICA IDENTITY FULL PostgreSQL would refuse every UPDATE of a published table that has them; make them STORED`,
      statements: [],
    })
  }
  const hasId = table.id.every((column) => facts.columns.includes(column))
  if (hasId && !facts.uniqueKeys.some((key) => key.every((column) => table.id.includes(column)))) {
    problems.push({
      code: 'ID_NOT_UNIQUE',
      text: `no unique index says that ${table.id.join(', ')} tells the rows of ${name}${at(place)} apart`,
      statements: [`CREATE UNIQUE INDEX ON ${quoteTable(table)} (${table.id.map(quoteName).join(', ')});`],
    })
  }
  if (facts.withoutFull.length > 0) {
    const names = facts.withoutFull.map(nameOf).join(', ')
    problems.push({
      code: 'REPLICA_IDENTITY',
      text: `the log does not hold the old rows of ${names}${at(place)}: REPLICA IDENTITY FULL is needed`,
      statements: facts.withoutFull.map((one) => `ALTER TABLE ${quoteTable(one)} REPLICA IDENTITY FULL;`),
    })
  }
  return problems
}

function missingColumns(table: ReplicatedTable, missing: readonly string[], facts: TableFacts): Problem {
  const named = missing.map((column) => {
    const meant = closestName(column, facts.columns)
    const place = table.written?.columns.get(column) ?? null
    const hints = [place, meant === null ? null : `did you mean ${meant}?`].filter((hint) => hint !== null)
    return hints.length === 0 ? column : `${column} (${hints.join('; ')})`
  })
  const mend = table.written ? '. Correct the file and restart the event-producer, or bring the column back' : ''
  return {
    code: 'COLUMN_MISSING',
    text: `the table ${nameOf(table)} has no column ${named.join(', ')}; it has ${facts.columns.join(', ')}${mend}`,
    statements: [],
  }
}
