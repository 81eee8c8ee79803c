import { nameOf, type ReplicatedTable } from '../replicated-source.js'
import { neededNotLogged } from './generated-columns.js'
import { quoteName, quoteTable } from './quote.js'
import type { TableFacts } from './read-table-facts.js'
import { atPlace, type TableProblem } from './table-problem.js'

/**
 * Returns all problems that keep a table from being captured. When its changes never reach the WAL, its other problems are not reported.
 * @param known columns of the table that the WAL does not carry, and the problems of columns that the capture file names
 */
export function problemsOf(
  table: ReplicatedTable,
  facts: TableFacts,
  known: { readonly notLogged: TableFacts['storedColumns']; readonly columns: readonly TableProblem[] },
): TableProblem[] {
  const outside = notInTheLog(table, facts)
  if (outside.length > 0) return outside
  return [
    ...known.columns,
    ...virtualColumns(table, facts),
    ...neededNotLogged(table, known.notLogged),
    ...withoutKey(table, facts),
    ...withoutFull(table, facts),
  ]
}

function notInTheLog(table: ReplicatedTable, facts: TableFacts): TableProblem[] {
  const name = `${nameOf(table)}${atPlace(table.written?.table)}`
  const problem = (text: string, statements: readonly string[] = []): TableProblem => ({
    code: 'NOT_CAPTURABLE',
    text,
    statements,
  })
  if (facts.isSystem) return [problem(`${name} is a table of PostgreSQL itself: its changes are never published`)]
  if (facts.isTemporary) return [problem(`${name} is a temporary table: its changes are not in the write-ahead log`)]
  const problems: TableProblem[] = []
  const ordinary = facts.unlogged.filter(({ isPartitioned }) => !isPartitioned)
  if (ordinary.length > 0) {
    problems.push(
      problem(
        `${ordinary.map(nameOf).join(', ')}${atPlace(table.written?.table)} is UNLOGGED: its changes are not in the ` +
          `write-ahead log, and its rows are gone after a crash of the server`,
        ordinary.map((one) => `ALTER TABLE ${quoteTable(one)} SET LOGGED;`),
      ),
    )
  }
  const partitioned = facts.unlogged.filter(({ isPartitioned }) => isPartitioned)
  if (partitioned.length > 0) {
    problems.push(
      problem(
        `${partitioned.map(nameOf).join(', ')}${atPlace(table.written?.table)} is a partitioned table that was created as UNLOGGED. It ` +
          `cannot be published, and SET LOGGED does not change this. Create it again without UNLOGGED, and attach its partitions to it`,
      ),
    )
  }
  if (facts.foreignPartitions.length > 0) {
    problems.push(
      problem(
        `partitions of ${name} are foreign tables: changes of ${facts.foreignPartitions.map(nameOf).join(', ')} are in the ` +
          `write-ahead log of the server that holds them. Capture them there, and detach them from this table`,
        facts.foreignPartitions.map((one) => `ALTER TABLE ${quoteTable(table)} DETACH PARTITION ${quoteTable(one)};`),
      ),
    )
  }
  return problems
}

function virtualColumns(table: ReplicatedTable, { virtualColumns }: TableFacts): TableProblem[] {
  if (virtualColumns.length === 0) return []
  return [
    {
      code: 'REPLICA_IDENTITY',
      text:
        `${nameOf(table)}${atPlace(table.written?.table)} cannot be captured: its virtual generated columns ${virtualColumns.join(', ')} ` +
        `are not in the write-ahead log, and under REPLICA IDENTITY FULL PostgreSQL would refuse every UPDATE of a published table ` +
        `that has them; make them STORED`,
      statements: [],
    },
  ]
}

/**
 * Returns a problem if no unique index guarantees that the id is unique. The index of a deferrable constraint is enough: rows may share a
 * key within a transaction, but Hooklane publishes the state at the end of the transaction. An invalid index is not enough.
 */
function withoutKey(table: ReplicatedTable, facts: TableFacts): TableProblem[] {
  if (!table.id.every((column) => facts.columns.includes(column))) return []
  const isKey = (columns: readonly string[]) => columns.every((column) => table.id.includes(column))
  if (facts.uniqueKeys.some(isKey)) return []
  const invalid = facts.invalidKeys.filter(({ columns }) => isKey(columns))
  const [broken] = invalid
  const text = `no unique index guarantees that ${table.id.join(', ')} tells the rows of ${nameOf(table)} apart`
  if (!broken) {
    const columns = table.id.map(quoteName).join(', ')
    return [{ code: 'ID_NOT_UNIQUE', text, statements: [`CREATE UNIQUE INDEX ON ${quoteTable(table)} (${columns});`] }]
  }
  const cure = broken.isPartitioned
    ? 'it becomes valid when every partition has such an index that is attached to it (ALTER INDEX … ATTACH PARTITION)'
    : 'creating it has failed, or has not ended'
  return [
    {
      code: 'ID_NOT_UNIQUE',
      text: `${text}: the index ${nameOf(broken)} is not valid and guarantees nothing; ${cure}`,
      statements: broken.isPartitioned ? [] : [`REINDEX INDEX ${quoteTable(broken)};`],
    },
  ]
}

function withoutFull(table: ReplicatedTable, { withoutFull }: TableFacts): TableProblem[] {
  if (withoutFull.length === 0) return []
  const names = withoutFull.map(nameOf).join(', ')
  return [
    {
      code: 'REPLICA_IDENTITY',
      text: `the write-ahead log does not hold the old rows of ${names}${atPlace(table.written?.table)}: REPLICA IDENTITY FULL is needed`,
      statements: withoutFull.map((one) => `ALTER TABLE ${quoteTable(one)} REPLICA IDENTITY FULL;`),
    },
  ]
}
