import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

export interface Migration {
  readonly version: number
  /** File name, `0001_dispatch.sql`. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the whole file in hex, comments included: an applied file must never change. */
  readonly checksum: string
}

const FOLDER = new URL('../../migrations/', import.meta.url)

/** The migrations in order. @throws Error when a name is malformed or two migrations have the same number */
export function readMigrations(): Migration[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'))
  const migrations = names.sort().map((name) => {
    const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]
    if (number === undefined) throw new Error(`migrations/${name}: must be named NNNN_name.sql`)
    const sql = readFileSync(new URL(name, FOLDER), 'utf8')
    return { version: Number(number), name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
  })
  for (const [index, one] of migrations.entries()) {
    const before = migrations[index - 1]
    if (before?.version === one.version) throw new Error(`migrations/${one.name} and ${before.name} share a number`)
  }
  return migrations
}

/** Scripts that run at the end of every `migrate`. They can be run any number of times. */
export function readRepeatableScripts(): { readonly name: string; readonly sql: string }[] {
  const folder = new URL('repeatable/', FOLDER)
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return names.sort().map((name) => ({ name, sql: readFileSync(new URL(name, folder), 'utf8') }))
}
