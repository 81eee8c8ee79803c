import { nameOf, type ReplicatedTable } from '../replicated-source.js'
import type { SourceWarning } from '../source-warning.js'
import { quoteName, quoteTable } from './quote.js'
import type { TableFacts } from './read-table-facts.js'
import { atPlace, type TableProblem } from './table-problem.js'

/**
 * Since PostgreSQL 18, a publication can publish stored generated columns. A table that has such columns and REPLICA IDENTITY FULL can be
 * updated only if the publication publishes them. Before 18, the WAL never has these columns, and nothing in the WAL shows that they are
 * missing.
 */
export const GENERATED_SINCE = 180_000

/** Columns of a table that are not in the WAL. @param version `server_version_num` */
export const columnsNotLogged = (facts: TableFacts, version: number): TableFacts['storedColumns'] =>
  version >= GENERATED_SINCE ? [] : facts.storedColumns

/** Returns a problem if columns that the capture file needs are not in the WAL; else an empty list. */
export function neededNotLogged(table: ReplicatedTable, notLogged: TableFacts['storedColumns']): TableProblem[] {
  const needed = notLogged.filter(({ name }) => isNeeded(table, name))
  if (needed.length === 0) return []
  const named = needed.map(({ name }) => `${name}${atPlace(table.written?.columns.get(name))}`).join(', ')
  return [
    {
      code: 'NOT_CAPTURABLE',
      text:
        `${nameOf(table)} cannot be captured with its generated columns ${named}: before PostgreSQL 18 they are not in the ` +
        `write-ahead log. Name other columns instead, upgrade the server, or turn these generated columns into ordinary ones that a trigger fills with the same values`,
      statements: needed.flatMap((column) => asOrdinaryColumn(table, column)),
    },
  ]
}

/** Returns a warning if columns that the capture file does not need will be absent from `data`, because they are not in the WAL. */
export function othersNotLogged(table: ReplicatedTable, notLogged: TableFacts['storedColumns']): SourceWarning[] {
  const missed = notLogged
    .map(({ name }) => name)
    .filter((name) => !isNeeded(table, name) && !table.omitted?.includes(name))
  if (missed.length === 0) return []
  return [
    {
      code: 'COLUMNS_NOT_LOGGED',
      message:
        `the generated columns ${missed.join(', ')} of ${nameOf(table)} will not be in the data of events: before PostgreSQL 18 they are not in the ` +
        `write-ahead log (name them under omit to silence this warning)`,
    },
  ]
}

const isNeeded = (table: ReplicatedTable, column: string): boolean =>
  (table.needed ?? table.columns).includes(column) || table.id.includes(column)

/**
 * Returns statements that turn the generated column into an ordinary one. The column keeps its present values, and from then on a trigger
 * fills it by the same expression. The expression names columns without their table, so the trigger evaluates it in a subquery that selects
 * only from the new row. Postgres fires triggers in the order of their names, so the prefix `zz_` makes this trigger run after other
 * triggers that change the row.
 */
function asOrdinaryColumn(table: ReplicatedTable, { name, expression }: TableFacts['storedColumns'][number]): string[] {
  const column = quoteName(name)
  const fill = `${quoteName(table.schema)}.${quoteName(`fill_${table.table}_${name}`)}`
  return [
    `ALTER TABLE ${quoteTable(table)} ALTER COLUMN ${column} DROP EXPRESSION;`,
    `CREATE FUNCTION ${fill}() RETURNS trigger LANGUAGE plpgsql AS $hooklane$ BEGIN NEW.${column} := (SELECT ${expression} ` +
      `FROM (SELECT NEW.*) AS changed); RETURN NEW; END $hooklane$;`,
    `CREATE TRIGGER ${quoteName(`zz_fill_${name}`)} BEFORE INSERT OR UPDATE ON ${quoteTable(table)} FOR EACH ROW EXECUTE FUNCTION ${fill}();`,
  ]
}
