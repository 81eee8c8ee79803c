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
  /** OIDs that the tables had when they were captured earlier. They show whether a table was renamed since. */
  readonly before?: TableOids | undefined
  readonly wasSeen: WasSeen
}

/** Tables that can be captured. */
export interface CheckedTables {
  readonly oids: TableOids
  readonly warnings: readonly SourceWarning[]
}

/**
 * Throws if some tables cannot be captured. Reports all problems together, so that a person can fix them in one go. A problem exists if:
 * - the table, or a column of it, is missing;
 * - the changes of the table, or needed columns, never reach the WAL;
 * - no unique index guarantees that the id is unique;
 * - the WAL would not hold the old rows of the table.
 *
 * If a table that was captured before is UNLOGGED now, or has an UNLOGGED partition now, some of its changes are lost.
 *
 * Order matters: call this before the tables are published. Postgres refuses UPDATEs and DELETEs of a published table that has no replica
 * identity, which would break the application that writes to the table.
 *
 * @throws SourceUnreadable, or ChangesMissing when changes are lost
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
        `${children.map(nameOf).join(', ')} inherit from ${nameOf(table)}: the rows of these tables are not captured with it, although a query of it ` +
        `returns them. To capture these tables, name them in the capture file`,
    },
  ]
}
