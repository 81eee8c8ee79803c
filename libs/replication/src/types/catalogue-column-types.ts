import { withControlConnection } from '../preparation/control-connection.js'
import type { OnWaiting } from '../blockers/blocker.js'
import type { ReplicatedSource } from '../replicated-source.js'
import type { SourceWarning } from '../source-warning.js'
import { ColumnTypes } from './column-types.js'
import { readCatalogueTypes, type LoggedType } from './read-catalogue-types.js'

export interface CatalogueColumnTypesOptions {
  readonly source: ReplicatedSource
  readonly applicationName: string
  readonly signal: AbortSignal
  readonly onWaiting?: OnWaiting | undefined
  readonly onWarning?: ((warning: SourceWarning) => void) | undefined
}

/** Column types that are looked up in the source's own catalogue. Each look-up opens a connection. */
export function catalogueColumnTypes(options: CatalogueColumnTypesOptions): ColumnTypes {
  const { source, applicationName, signal, onWarning, onWaiting } = options
  const step = 'the look-up of column types'
  const connection = { databaseUrl: source.databaseUrl, applicationName, signal, step, onWaiting }
  return new ColumnTypes({
    read: (types) => withControlConnection(connection, (client) => readCatalogueTypes(client, types)),
    onGone: (types) => onWarning?.(warningOf(types)),
    signal,
  })
}

function warningOf(types: readonly LoggedType[]): SourceWarning {
  const names = types.map(({ oid, name }) => (name ? `${name.schema}.${name.name}` : `oid ${oid}`)).join(', ')
  return {
    code: 'TYPE_GONE',
    message:
      `the write-ahead log holds values of a type that no longer exists (${names}): they are published as the ` +
      `text that PostgreSQL printed`,
  }
}
