import type { JsonObject } from '@hooklane/contracts/public'
import { formatLsn, parseLsn, type Announcement, type LogIdentity } from '@hooklane/core/capture'
import { DatabaseError } from 'pg'
import type { PgPool } from '../connection/create-pool.js'
import { sql } from '../sql.js'
import { announcementsOf } from './stored-announcements.js'

/** How far a producer's events are published, durably, and what its source was like then. */
export interface CaptureMark {
  /** Every event up to here is in Kafka: the text of a position, which begins with the epoch. */
  readonly position: string
  /** Of the transaction of `position`; null: nothing was published of it. */
  readonly xid: string | null
  /** Partition of the topic → offset before which no event behind `position` stands. A partition that is absent: unknown. */
  readonly offsets: ReadonlyMap<number, bigint>
  /** Captured table (`schema.table`) → oid. */
  readonly tables: ReadonlyMap<string, number>
  /** The log that was read; null: of a build that did not note it. */
  readonly log: LogIdentity | null
  /** Everything that was committed before here is published, or none of this source's; null as above. */
  readonly settledLsn: bigint | null
  /** Under which the events behind `position` were published (`pinConfiguration`); null as above. */
  readonly configuration: JsonObject | null
  /** What the catalogue said when it was last looked at. Written and understood by whoever compares it. */
  readonly catalogue: JsonObject
  /** What has to be published still. */
  readonly announcements: readonly Announcement[]
  /** Companies of the source, in the order in which they became known; none is ever taken out. */
  readonly companies: readonly string[]
}

/** What is saved of a mark. */
export interface CaptureMarkUpdate extends Omit<CaptureMark, 'catalogue'> {
  /** Null: as this owner saved it last. Of thousands of partitions it is large, and seldom another one. */
  readonly catalogue: JsonObject | null
  /** Tables whose gaps are closed with this: what was missing of them is announced. Default: none. */
  readonly closedGaps?: readonly string[]
}

/** Why changes of a table are missing, with the code of the refusal. */
export interface CaptureGap {
  readonly code: string
  readonly reason: string
  /** Under which a person may accept it; absent: nobody may. */
  readonly id?: string
}

/** By captured table. */
export type CaptureGaps = ReadonlyMap<string, CaptureGap>

/** Gaps, and under which epoch (four hexadecimal digits) they were found. */
export interface FoundGaps {
  readonly epoch: string
  readonly gaps: CaptureGaps
}

export interface ReadCaptureMark extends CaptureMark {
  /** Who claimed it last; null: nobody has yet. */
  readonly owner: string | null
  /** Under the epoch of `position`. */
  readonly gaps: CaptureGaps
}

/** The table of marks is not there, or this login may not use it. */
export class CaptureMarksClosed extends Error {
  readonly code = 'CAPTURE_MARKS_CLOSED'
  constructor(cause: DatabaseError) {
    super(
      `this login cannot use hooklane.capture_mark (${cause.message}): run the migrations again as the owner of the schema hooklane, ` +
        'and log in as a role that may take hooklane_producer',
      { cause },
    )
    this.name = 'CaptureMarksClosed'
  }
}

/** Another process has claimed the mark since: what this one saves no longer counts. */
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

/** The marks of all producers of one topic. Every call may throw `CaptureMarksClosed`, and the driver's error when the database is away. */
export class CaptureMarks {
  constructor(
    private readonly pool: PgPool,
    private readonly topic: string,
  ) {}

  /** Null: this producer has never been connected. */
  async read(producer: string): Promise<ReadCaptureMark | null> {
    const { rows } = await this.query<MarkRow>(READ, [this.topic, producer])
    return rows[0] ? markOf(rows[0]) : null
  }

  /**
   * Makes `owner` the one whose saves count, and returns the mark as it stands.
   * @param position of the mark, if there is none yet
   */
  async claim(producer: string, owner: string, position: string): Promise<ReadCaptureMark> {
    const { rows } = await this.query<MarkRow>(CLAIM, [this.topic, producer, owner, position])
    if (!rows[0]) throw new Error(`no mark of ${producer} came back`)
    return markOf(rows[0])
  }

  /** Never takes a position back. A higher epoch forgets the gaps. @throws CaptureMarkTaken */
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
   * Notes that changes of tables are missing, as long as the producer is at that epoch.
   * @param owner whose mark it was when they were found: once another has claimed it, nothing is noted
   */
  async noteGaps(producer: string, owner: string | null, { epoch, gaps }: FoundGaps): Promise<void> {
    await this.query(NOTE_GAPS, [this.topic, producer, owner, epoch, JSON.stringify(Object.fromEntries(gaps))])
  }

  private async query<R extends object>(text: string, values: unknown[]) {
    try {
      return await this.pool.query<R>(text, values)
    } catch (error) {
      throw error instanceof DatabaseError && CLOSED.has(error.code) ? new CaptureMarksClosed(error) : error
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
