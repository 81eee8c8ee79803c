import type { JsonObject } from '@hooklane/contracts/public'
import { formatLsn, parseLsn, type Announcement, type LogIdentity } from '@hooklane/core/capture'
import { DatabaseError } from 'pg'
import type { PgPool } from '../connection/create-pool.js'
import { sql } from '../sql.js'
import { announcementsOf } from './stored-announcements.js'

/** The capture mark of a producer: how far its events are published, and the state of its source at that point. Stored durably. */
export interface CaptureMark {
  /** The position up to which every event is in Kafka, as text that begins with the epoch. */
  readonly position: string
  /** Id of the transaction at `position`; null: no transaction was published there. */
  readonly xid: string | null
  /** Partition of the topic → an offset. Events after `position` have this offset or a higher one. Unknown for absent partitions. */
  readonly offsets: ReadonlyMap<number, bigint>
  /** Captured table (`schema.table`) → oid. */
  readonly tables: ReadonlyMap<string, number>
  /** Identity of the write-ahead log that was read; null: the build that saved the mark did not record it. */
  readonly log: LogIdentity | null
  /** Everything committed before this LSN is published or does not belong to this source; null: as for `log`. */
  readonly settledLsn: bigint | null
  /** The configuration under which events after `position` were published (`pinConfiguration`); null: as for `log`. */
  readonly configuration: JsonObject | null
  /** The database catalogue as it was last read. Its format belongs to the code that compares catalogues. */
  readonly catalogue: JsonObject
  /** Announcements that are not published yet. */
  readonly announcements: readonly Announcement[]
  /**
   * Companies of the source, in the order in which they became known. The place of some events depends on this order. A company stays in
   * the list as long as Kafka may contain such an event after `position`.
   */
  readonly companies: readonly string[]
}

/** The values that a save writes. */
export interface CaptureMarkUpdate extends Omit<CaptureMark, 'catalogue' | 'companies'> {
  /** Null: unchanged since this owner last saved it. It is saved only when it changes: with thousands of partitions it is large. */
  readonly catalogue: JsonObject | null
  /** Null: unchanged since this owner last saved it. */
  readonly companies: readonly string[] | null
  /** Tables whose gaps this save closes, because their missing changes are announced. Default: none. */
  readonly closedGaps?: readonly string[]
}

/** Why changes of a table are missing, and the error code with which the event-producer refuses to read the source. */
export interface CaptureGap {
  readonly code: string
  readonly reason: string
  /** Id under which an operator may accept the gap; absent: the gap cannot be accepted. */
  readonly id?: string
}

/** Gaps by captured table. */
export type CaptureGaps = ReadonlyMap<string, CaptureGap>

/** Gaps, and the epoch (four hexadecimal digits) in which they were found. */
export interface FoundGaps {
  readonly epoch: string
  readonly gaps: CaptureGaps
}

export interface ReadCaptureMark extends CaptureMark {
  /** The process that claimed the mark last; null: none has yet. */
  readonly owner: string | null
  /** Gaps found in the epoch of `position`. */
  readonly gaps: CaptureGaps
}

/** The table of marks does not exist, or this login may not use it. */
export class CaptureMarksInaccessible extends Error {
  readonly code = 'CAPTURE_MARKS_CLOSED'
  constructor(cause: DatabaseError) {
    super(
      `this login cannot use hooklane.capture_mark (${cause.message}): run the migrations again as the owner of the schema hooklane, ` +
        'and use a login that may SET ROLE hooklane_producer',
      { cause },
    )
    this.name = 'CaptureMarksInaccessible'
  }
}

/** Another process has claimed the mark in the meantime. Saves of this process are rejected. */
export class CaptureMarkTaken extends Error {
  readonly code = 'CAPTURE_MARK_TAKEN'
  constructor(producer: string) {
    super(`another event-producer reads ${producer} now`)
    this.name = 'CaptureMarkTaken'
  }
}

const CLAIM = sql('capture-mark-claim')
const SAVE = sql('capture-mark-save')
const NOTE_GAPS = sql('capture-mark-gaps')
const READ = `SELECT owner, position, xid, offsets, tables, gaps, system_identifier, timeline, settled_lsn, configuration, catalogue, announcements,
  companies FROM hooklane.capture_mark WHERE topic = $1 AND producer = $2`

/** `undefined_table`, `undefined_column`, `invalid_schema_name`, `insufficient_privilege` */
const CLOSED: ReadonlySet<string | undefined> = new Set(['42P01', '42703', '3F000', '42501'])

interface MarkRow {
  readonly owner: string | null
  readonly position: string
  readonly xid: string | null
  readonly offsets: Record<string, string>
  readonly tables: Record<string, number>
  readonly gaps: Record<string, CaptureGap>
  readonly system_identifier: string | null
  readonly timeline: number | null
  readonly settled_lsn: string | null
  readonly configuration: JsonObject | null
  readonly catalogue: JsonObject
  readonly announcements: JsonObject[]
  readonly companies: string[]
}

/** The marks of all producers of one topic. Throws `CaptureMarksInaccessible`, or the driver's error if the database is unavailable. */
export class CaptureMarks {
  constructor(
    private readonly pool: PgPool,
    private readonly topic: string,
  ) {}

  /** Returns null when this producer was never connected. */
  async read(producer: string): Promise<ReadCaptureMark | null> {
    const { rows } = await this.query<MarkRow>(READ, [this.topic, producer])
    return rows[0] ? markOf(rows[0]) : null
  }

  /**
   * Makes `owner` the only process whose saves are accepted, and returns the current mark.
   * @param position the position of a new mark, if there is none yet
   */
  async claim(producer: string, owner: string, position: string): Promise<ReadCaptureMark> {
    const { rows } = await this.query<MarkRow>(CLAIM, [this.topic, producer, owner, position])
    if (!rows[0]) throw new Error(`claiming the mark of ${producer} returned no row`)
    return markOf(rows[0])
  }

  /** Saves the mark. A higher epoch removes the gaps. @throws CaptureMarkTaken also when the position would move back */
  async save(producer: string, owner: string, mark: CaptureMarkUpdate): Promise<void> {
    const { rowCount } = await this.query(SAVE, [
      this.topic,
      producer,
      owner,
      mark.position,
      mark.xid,
      JSON.stringify(
        Object.fromEntries([...mark.offsets].map(([partition, offset]) => [partition, offset.toString()])),
      ),
      JSON.stringify(Object.fromEntries(mark.tables)),
      mark.log?.systemIdentifier ?? null,
      mark.log?.timeline ?? null,
      mark.settledLsn === null ? null : formatLsn(mark.settledLsn),
      mark.configuration === null ? null : JSON.stringify(mark.configuration),
      mark.catalogue === null ? null : JSON.stringify(mark.catalogue),
      JSON.stringify(mark.announcements),
      mark.companies,
      mark.closedGaps ?? [],
    ])
    if (rowCount === 0) throw new CaptureMarkTaken(producer)
  }

  /**
   * Records that changes of tables are missing. Does nothing if the producer is at another epoch.
   * @param owner the owner of the mark when the gaps were found. Does nothing if another process has claimed the mark since
   */
  async noteGaps(producer: string, owner: string | null, { epoch, gaps }: FoundGaps): Promise<void> {
    await this.query(NOTE_GAPS, [this.topic, producer, owner, epoch, JSON.stringify(Object.fromEntries(gaps))])
  }

  private async query<R extends object>(text: string, values: unknown[]) {
    try {
      return await this.pool.query<R>(text, values)
    } catch (error) {
      throw error instanceof DatabaseError && CLOSED.has(error.code) ? new CaptureMarksInaccessible(error) : error
    }
  }
}

function markOf(row: MarkRow): ReadCaptureMark {
  const offsets = Object.entries(row.offsets).map(([partition, offset]) => [Number(partition), BigInt(offset)] as const)
  const { system_identifier: systemIdentifier, timeline } = row
  return {
    owner: row.owner,
    position: row.position,
    xid: row.xid,
    offsets: new Map(offsets),
    tables: new Map(Object.entries(row.tables)),
    log: systemIdentifier === null || timeline === null ? null : { systemIdentifier, timeline },
    settledLsn: row.settled_lsn === null ? null : parseLsn(row.settled_lsn),
    configuration: row.configuration,
    catalogue: row.catalogue,
    announcements: announcementsOf(row.announcements),
    companies: row.companies,
    gaps: new Map(Object.entries(row.gaps)),
  }
}
