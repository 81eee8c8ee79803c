import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getMetadataArgsStorage } from 'typeorm'

const MIGRATIONS = join(import.meta.dirname, '../../../libs/postgres/migrations')

type Entity<Row extends object> = new () => Row

/** The row as the database would return it: only its columns, without other properties. */
export function storedRow<Row extends object>(entity: Entity<Row>, row: Row): Row {
  const columns = columnsOf(entity).map(({ propertyName }) => propertyName as keyof Row)
  const values = columns.filter((name) => row[name] !== undefined).map((name) => [name, structuredClone(row[name])])
  return Object.assign(new entity(), Object.fromEntries(values) as Partial<Row>)
}

/** The names of an entity's columns in the database. */
export const columnNames = (entity: Entity<object>): string[] =>
  columnsOf(entity).map(({ propertyName, options }) => options.name ?? propertyName)

/** The statements of all migrations that create or change a table. */
export function migrationsOf(table: string): string {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'))
  const text = files.map((name) => readFileSync(join(MIGRATIONS, name), 'utf8').replaceAll(/--.*$/gm, '')).join('\n')
  return (text.match(new RegExp(`(CREATE|ALTER) TABLE (hooklane\\.)?${table}\\b[^;]*;`, 'g')) ?? []).join('\n')
}

const columnsOf = (entity: Entity<object>) =>
  getMetadataArgsStorage().columns.filter(
    ({ target }) => typeof target === 'function' && (target === entity || entity.prototype instanceof target),
  )
