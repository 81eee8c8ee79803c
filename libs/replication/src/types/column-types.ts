import type { CatalogueType, Column, Relation } from '@hooklane/core/capture'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { FIRST_NOT_BUILT_IN_OID, type LoggedType } from './read-catalogue-types.js'

export interface ColumnTypesOptions {
  /** Reads types from the catalogue. A type that no longer exists is missing from the result, unless another type now has its name. */
  readonly read: (types: readonly LoggedType[]) => Promise<ReadonlyMap<number, CatalogueType>>
  /**
   * Called with the types that no longer exist and whose names no other types have taken over; each type is reported once. Values of these
   * types are published as text.
   */
  readonly onGone: (types: readonly LoggedType[]) => void
  /** Once it is aborted, no relation is completed any more. */
  readonly signal: AbortSignal
}

/**
 * Completes the relations of one connection: adds to their columns what the catalogue says about types that are not built in. The WAL holds
 * only the OID and the name of a type. A type never changes while it has the same OID, so each type is looked up once.
 */
export class ColumnTypes {
  private readonly names = new Map<number, LoggedType['name']>()
  /** Null: the type no longer exists. */
  private readonly types = new Map<number, CatalogueType | null>()
  private readonly completed = new WeakMap<Relation, Relation>()

  constructor(private readonly options: ColumnTypesOptions) {}

  /** Remembers a type that the WAL has named. */
  note({ typeOid, schema, name }: Extract<PgoutputMessage, { readonly tag: 'type' }>): void {
    this.names.set(typeOid, { schema, name })
  }

  /** Returns the same object for the same relation, and a promise only when the catalogue has to be read. @throws SourceUnreadable */
  complete(relation: Relation): Relation | Promise<Relation> {
    const completed = this.completed.get(relation)
    if (completed) return completed
    const notBuiltIn = relation.columns.map(({ typeOid }) => typeOid).filter((oid) => oid >= FIRST_NOT_BUILT_IN_OID)
    const unknown = [...new Set(notBuiltIn)].filter((oid) => !this.types.has(oid))
    if (unknown.length === 0) return this.keep(relation)
    return this.learn(unknown).then(() => this.keep(relation))
  }

  private keep(relation: Relation): Relation {
    const completed = { ...relation, columns: relation.columns.map((column) => this.completeColumn(column)) }
    this.completed.set(relation, completed)
    return completed
  }

  private completeColumn(column: Column): Column {
    const type = this.types.get(column.typeOid) ?? null
    return type === null ? column : { ...column, type }
  }

  private async learn(oids: readonly number[]): Promise<void> {
    const { read, onGone, signal } = this.options
    const asked = oids.map((oid) => ({ oid, name: this.names.get(oid) ?? null }))
    const found = await read(asked)
    signal.throwIfAborted()
    for (const { oid } of asked) this.types.set(oid, found.get(oid) ?? null)
    const gone = asked.filter(({ oid }) => !found.has(oid))
    if (gone.length > 0) onGone(gone)
  }
}
