import type { Client } from 'pg'
import { nameOf, type ReplicatedSource, type ReplicatedTable, type TableOids } from '../replicated-source.js'
import { ChangesMissing, SourceUnreadable, type RefusedGap } from '../source-unreadable.js'
import type { SourceWarning } from '../source-warning.js'
import type { ServerFacts } from './check-server.js'
import { judgeColumns, type WasSeen } from './judge-columns.js'
import { columnsNotLogged, othersNotLogged } from './generated-columns.js'
import { missingTable } from './missing-table.js'
import { quoteTable } from './quote.js'
import { readTableFacts, type TableFacts } from './read-table-facts.js'
import type { TableProblem } from './table-problem.js'
import { problemsOf } from './judge-table.js'

export interface CheckTablesOptions {
  readonly server: ServerFacts
  /** OIDs of the tables when they were captured earlier: they reveal that a table was renamed. */
  readonly before?: TableOids | undefined
  readonly wasSeen: WasSeen
}

/** Tables that can be captured. */
export interface CheckedTables {
  readonly oids: TableOids
  readonly warnings: readonly SourceWarning[]
}

/**
 * Refuses tables that cannot be captured. All problems are reported together, so that a person can fix them in one go:
 * - the table, or a column of it, is missing;
 * - its changes, or needed columns, never reach the WAL;
 * - the id does not tell its rows apart;
 * - the WAL would not hold its old rows.
 *
 * A table that was captured before and is UNLOGGED now, or has such a partition, has lost changes.
 *
 * Order matters: this comes before the publication. Once a table is published, Postgres refuses its UPDATEs and DELETEs when it has no
 * replica identity, and that would break the application.
 *
 * @throws ChangesMissing
 */
export async function checkTables(
  client: Client,
  source: ReplicatedSource,
  { server, before, wasSeen }: CheckTablesOptions,
): Promise<CheckedTables> {
  const oids = new Map<string, number>()
  const warnings: SourceWarning[] = []
  const problems: TableProblem[] = []
  const gaps = new Map<string, RefusedGap>()
  for (const table of source.tables) {
    const facts = await readTableFacts(client, table)
    if (!facts) {
      problems.push(await missingTable(client, table, before?.get(nameOf(table)) ?? null))
      continue
    }
    if (facts.unlogged.length > 0 && before?.get(nameOf(table)) === facts.oid)
      gaps.set(nameOf(table), notLoggedAnyMore(facts))
    const absent = columnsNotLogged(facts, server.version)
    oids.set(nameOf(table), facts.oid)
    const columns = judgeColumns(table, facts.columns, wasSeen)
    problems.push(...problemsOf(table, facts, { notLogged: absent, columns: columns.problems }))
    warnings.push(...columns.warnings, ...othersNotLogged(table, absent), ...childTables(table, facts))
  }
  if (gaps.size > 0) throw new ChangesMissing(gaps, source)
  const [first] = problems
  if (!first) return { oids, warnings }
  throw new SourceUnreadable(first.code, problems.map((problem) => problem.text).join('; '), {
    statements: problems.flatMap((problem) => problem.statements),
  })
}

function notLoggedAnyMore({ unlogged }: TableFacts): RefusedGap {
  const statements = unlogged.map((one) => `ALTER TABLE ${quoteTable(one)} SET LOGGED;`)
  return {
    code: 'CHANGES_MISSING',
    reason: `${unlogged.map(nameOf).join(', ')} became UNLOGGED (run ${statements.join(' ')})`,
  }
}

function childTables(table: ReplicatedTable, { children }: TableFacts): SourceWarning[] {
  if (children.length === 0) return []
  return [
    {
      code: 'CHILD_TABLES',
      message:
        `${children.map(nameOf).join(', ')} inherit from ${nameOf(table)}: their rows are not captured with it, although a query of it ` +
        `returns them. To capture them, name them as tables of their own`,
    },
  ]
}
