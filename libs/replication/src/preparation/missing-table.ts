import { closestName } from '@hooklane/core/configuration'
import type { Client } from 'pg'
import { nameOf, type ReplicatedTable } from '../replicated-source.js'
import { readTableNames } from './read-table-facts.js'
import { atPlace, type TableProblem } from './table-problem.js'

/**
 * Explains why there is no table of this name: the table was renamed, the name belongs to a view or a foreign table, or it is mistyped.
 * @param oid of the table that was captured under this name earlier; null: none was
 */
export async function missingTable(client: Client, table: ReplicatedTable, oid: number | null): Promise<TableProblem> {
  const name = nameOf(table)
  const place = table.written?.table
  const cure = place === undefined ? '' : `, or correct ${place} and restart the event-producer`
  const existing = await readTableNames(client)
  const problem = (text: string): TableProblem => ({ code: 'TABLE_MISSING', text, statements: [] })
  const renamed = existing.find((entry) => entry.oid === oid)
  if (renamed) {
    return problem(
      `the table ${name}${atPlace(place)} is called ${nameOf(renamed)} now: rename it back${cure}. Its changes wait in the write-ahead log`,
    )
  }
  const namesake = existing.find((entry) => nameOf(entry) === name)
  if (namesake?.kind === 'foreign table') {
    return {
      code: 'NOT_CAPTURABLE',
      text:
        `${name}${atPlace(place)} is a foreign table: its changes are in the write-ahead log of the server that holds it. ` +
        `Capture it there${cure}`,
      statements: [],
    }
  }
  if (namesake) {
    return problem(
      `${name}${atPlace(place)} is not a table, and only tables are in the write-ahead log: it is a ${namesake.kind}. ` +
        `Name the table behind it${cure}`,
    )
  }
  const meant = closestTable(table, existing.filter(({ kind }) => kind === 'table').map(nameOf))
  const suggestion = meant === null ? '' : `: did you mean ${meant}?`
  return problem(
    `there is no table ${name}${atPlace(place)}${suggestion} (names are case-sensitive, as in the catalogue). Create it${cure}`,
  )
}

/** Returns the most similar table of the same schema, or else a table of the same name in another schema. */
function closestTable(table: ReplicatedTable, existing: readonly string[]): string | null {
  const inSchema = existing
    .filter((name) => name.startsWith(`${table.schema}.`))
    .map((name) => name.slice(table.schema.length + 1))
  const closest = closestName(table.table, inSchema)
  if (closest !== null) return `${table.schema}.${closest}`
  return existing.find((name) => name.toLowerCase().endsWith(`.${table.table.toLowerCase()}`)) ?? null
}
