import type { Client } from 'pg'
import type { NotLoggedColumns } from '../pgoutput/known-tables.js'
import { nameOf, type ReplicatedTable, type TableOids } from '../replicated-source.js'
import { SourceRefused } from '../source-refused.js'
import type { SourceWarning } from '../source-warning.js'
import type { ServerFacts } from './check-server.js'
import { columnsNotLogged, othersNotLogged } from './generated-columns.js'
import { missingTable } from './missing-table.js'
import { readTableFacts, type TableFacts } from './read-table-facts.js'
import type { TableProblem } from './table-problem.js'
import { problemsOf } from './table-problems.js'

export interface CheckTablesOptions {
  readonly server: ServerFacts
  /** Oids under which the tables were captured earlier: a table that was renamed is recognised by it. */
  readonly before?: TableOids | undefined
}

/** Tables that can be captured. */
export interface CheckedTables {
  readonly oids: TableOids
  readonly notLogged: NotLoggedColumns
  readonly warnings: readonly SourceWarning[]
}

/**
 * Refuses tables that are missing, lack a column, whose changes or needed columns never reach the log, whose rows the id does not tell
 * apart, or whose old rows the log would not hold: all that is wrong at once, so that a person fixes it in one go.
 *
 * Order matters: this comes before the publication. Once a table is published, Postgres refuses its UPDATEs and DELETEs when it has no
 * replica identity, and that would hit the application.
 */
export async function checkTables(
  client: Client,
  tables: readonly ReplicatedTable[],
  { server, before }: CheckTablesOptions,
): Promise<CheckedTables> {
  const oids = new Map<string, number>()
  const notLogged = new Map<string, readonly string[]>()
  const warnings: SourceWarning[] = []
  const problems: TableProblem[] = []
  for (const table of tables) {
    const facts = await readTableFacts(client, table)
    if (!facts) {
      problems.push(await missingTable(client, table, before?.get(nameOf(table)) ?? null))
      continue
    }
    const absent = columnsNotLogged(facts, server.version)
    oids.set(nameOf(table), facts.oid)
    notLogged.set(
      nameOf(table),
      absent.map(({ name }) => name),
    )
    problems.push(...problemsOf(table, facts, absent))
    warnings.push(...othersNotLogged(table, absent), ...childTables(table, facts))
  }
  const [first] = problems
  if (!first) return { oids, notLogged, warnings }
  throw new SourceRefused(
    first.code,
    problems.map((problem) => problem.text).join('; '),
    problems.flatMap((problem) => problem.statements),
  )
}

function childTables(table: ReplicatedTable, { children }: TableFacts): SourceWarning[] {
  if (children.length === 0) return []
  return [
    {
      code: 'CHILD_TABLES',
      message:
        `${children.map(nameOf).join(', ')} inherit from ${nameOf(table)}: their rows are not captured with it, although a query of it ` +
        `shows them. Name them as tables of their own, if they are wanted`,
    },
  ]
}
