import { isDeepStrictEqual } from 'node:util'
import {
  catalogueFromJson,
  catalogueToJson,
  hiddenColumns,
  NO_COLUMN_HISTORY,
  NOTHING_KNOWN,
  omitsAnything,
  qualifiedName,
  renamedOmissions,
  assumeRenamedOmission,
  tableGone,
  watchColumns,
  type CaptureSource,
  type CatalogueFacts,
  type ColumnHistories,
  type ColumnHistory,
  type HiddenColumnsOf,
  type KnownCatalogue,
  type Relation,
  type RenamedOmission,
  type TableOids,
} from '@hooklane/core/capture'
import type { CaptureMark } from '@hooklane/postgres'
import type { CatalogueAccess } from '@hooklane/replication'
import type { MarkKeeper } from '../marks/mark-keeper.js'

/** The capture file under which transactions are turned into events, and the OIDs of its tables by the names that the WAL may use. */
export interface FileInForce {
  readonly file: CaptureSource
  readonly tables: TableOids
}

export interface HiddenColumnsOptions {
  readonly capture: CaptureSource
  readonly marks: Pick<MarkKeeper, 'catalogue' | 'note'>
  /** Called once for each column that is omitted although the capture file does not have its current name. */
  readonly onRenamed: (table: string, renamed: RenamedOmission) => void
}

/**
 * Keeps omitted columns out of events, whatever they were called when a row was written. The WAL describes a row by the names of that
 * moment, but the capture file uses the names of today.
 *
 * A row with a column of an unknown name waits until the catalogue has been read. If the catalogue has no column of that name either, the
 * column is hidden.
 */
export class HiddenColumns {
  /** Relation (a table's columns as the WAL describes them) whose rows may become events → LSN of its first row. */
  private readonly admitted = new WeakMap<Relation, bigint>()
  private readonly reported = new Set<string>()
  private inForce: FileInForce
  private access: Pick<CatalogueAccess, 'read'> | null = null
  private lastSeen: Pick<CatalogueFacts, 'tables' | 'startLsn' | 'endLsn'> = {
    tables: new Map(),
    startLsn: 0n,
    endLsn: 0n,
  }

  constructor(private readonly options: HiddenColumnsOptions) {
    this.inForce = { file: options.capture, tables: new Map() }
  }

  /** Call before anything is read. */
  begin(inForce: FileInForce, access: Pick<CatalogueAccess, 'read'>): void {
    this.inForce = inForce
    this.access = access
  }

  /** Switches to another file from the next transaction on. Returns the catalogue that must be noted before that transaction. */
  switchFile(inForce: FileInForce): CaptureMark['catalogue'] {
    this.inForce = inForce
    const known = this.known()
    return catalogueToJson({ ...known, columns: watchColumns(known.columns, this.lastSeen, this.omissions()) })
  }

  /**
   * Returns a promise when the row has to wait for a read of the catalogue: its columns are not those that were seen last, and columns of
   * its table are omitted.
   * @param lsn the LSN of the row
   */
  admit(relation: Relation, lsn: bigint): Promise<void> | undefined {
    if (this.admitted.has(relation)) return undefined
    const oid = this.oidOf(relation)
    const isSuspect = omitsAnything(this.historyOf(oid), this.omitOf(oid)) && !this.isAsLastSeen(oid, relation)
    if (isSuspect) return this.look(relation).then(() => void this.admitted.set(relation, lsn))
    this.admitted.set(relation, lsn)
    return undefined
  }

  /** The columns of an admitted relation that must not leave the source. */
  readonly hiddenOf: HiddenColumnsOf = (relation) => {
    const oid = this.oidOf(relation)
    const row = { logged: namesOf(relation), lsn: this.admitted.get(relation) ?? null }
    return hiddenColumns(this.historyOf(oid), row, this.omitOf(oid))
  }

  /** Adopts the columns of the catalogue. Returns the updated column histories, which the caller has to note in the mark. */
  learn(facts: CatalogueFacts, { columns }: Pick<KnownCatalogue, 'columns'>): ColumnHistories {
    const omissions = this.omissions()
    this.lastSeen = facts
    const learned = watchColumns(columns, facts, omissions)
    for (const [table, oid] of facts.oids) {
      const omit = omissions.get(oid)
      const present = facts.tables.get(oid)?.columns
      // If the file in force does not name the table yet, its omitted columns stay omitted, and nobody has to change the file.
      if (omit === undefined || present === undefined) continue
      const history = learned.get(oid) ?? NO_COLUMN_HISTORY
      for (const renamed of renamedOmissions(history, present, omit)) this.report(table, renamed)
    }
    return learned
  }

  private async look(relation: Relation): Promise<void> {
    const { access } = this
    if (!access) throw new Error(`${this.options.capture.name} was not started`)
    const facts = await access.read()
    const known = this.known()
    const columns = new Map(this.learn(facts, known))
    const oid = this.oidOf(relation)
    const seen = facts.tables.get(oid)
    const history = columns.get(oid)
    if (history) {
      const row = { logged: namesOf(relation), omit: this.omitOf(oid) }
      columns.set(
        oid,
        seen
          ? assumeRenamedOmission(
              history,
              { present: seen.columns, startLsn: facts.startLsn, endLsn: facts.endLsn },
              row,
            )
          : tableGone(history),
      )
    }
    await this.options.marks.note({ catalogue: catalogueToJson({ ...known, columns }) })
  }

  private isAsLastSeen(oid: number, relation: Relation): boolean {
    const seen = [...(this.lastSeen.tables.get(oid)?.columns ?? [])].sort(([, a], [, b]) => a - b)
    return isDeepStrictEqual(
      seen.map(([name]) => name),
      namesOf(relation),
    )
  }

  private report(table: string, renamed: RenamedOmission): void {
    const column = `${table}.${renamed.name}`
    if (this.reported.has(column)) return
    this.reported.add(column)
    this.options.onRenamed(table, renamed)
  }

  private known(): KnownCatalogue {
    return catalogueFromJson(this.options.marks.catalogue) ?? NOTHING_KNOWN
  }

  private historyOf(oid: number): ColumnHistory {
    return this.known().columns.get(oid) ?? NO_COLUMN_HISTORY
  }

  private omitOf(oid: number): readonly string[] {
    return this.omissions().get(oid) ?? []
  }

  private oidOf(relation: Relation): number {
    return relation.isReplaced ? 0 : (this.inForce.tables.get(qualifiedName(relation)) ?? 0)
  }

  /** OID of a table → columns that the file in force omits. */
  private omissions(): ReadonlyMap<number, readonly string[]> {
    const { file, tables } = this.inForce
    return new Map(
      file.tables.flatMap((table) => {
        const oid = tables.get(qualifiedName(table))
        return oid === undefined ? [] : [[oid, table.omit] as const]
      }),
    )
  }
}

const namesOf = ({ columns }: Relation): string[] => columns.map(({ name }) => name)
