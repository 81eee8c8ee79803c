import { DatabaseError } from 'pg'
import type { PgPool } from '../connection/create-pool.js'
import { sql } from '../sql.js'

/** How far a producer has been told, durably. */
export interface CaptureMark {
  /** Every event up to here is in Kafka: the text of a position, which begins with the epoch. */
  readonly position: string
  /** Of the transaction that `position` tells of; null: nothing is told of it. */
  readonly xid: string | null
  /** Partition of the topic → offset before which no event behind `position` stands. A partition that is absent: unknown. */
  readonly offsets: ReadonlyMap<number, bigint>
  /** Captured table (`schema.table`) → oid. */
  readonly tables: ReadonlyMap<string, number>
}

/** Captured table → why changes of it are missing, with the code of the refusal. */
export type CaptureGaps = ReadonlyMap<string, { readonly code: string; readonly reason: string }>

export interface ReadCaptureMark extends CaptureMark {
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

const SAVE = sql('capture-mark-save')
const NOTE_GAPS = sql('capture-mark-gaps')
const READ = 'SELECT position, xid, offsets, tables, gaps FROM hooklane.capture_mark WHERE topic = $1 AND producer = $2'

/** `undefined_table`, `invalid_schema_name`, `insufficient_privilege` */
const CLOSED: ReadonlySet<string | undefined> = new Set(['42P01', '3F000', '42501'])

/** The marks of all producers of one topic. Every call may throw `CaptureMarksClosed`, and the driver's error when the database is away. */
export class CaptureMarks {
  constructor(
    private readonly pool: PgPool,
    private readonly topic: string,
  ) {}

  /** Null: this producer has never been connected. */
  async read(producer: string): Promise<ReadCaptureMark | null> {
    const rows = await this.query<{
      position: string
      xid: string | null
      offsets: Record<string, string>
      tables: Record<string, number>
      gaps: Record<string, { code: string; reason: string }>
    }>(READ, [this.topic, producer])
    const row = rows[0]
    if (!row) return null
    const offsets = Object.entries(row.offsets).map(
      ([partition, offset]) => [Number(partition), BigInt(offset)] as const,
    )
    return {
      position: row.position,
      xid: row.xid,
      offsets: new Map(offsets),
      tables: new Map(Object.entries(row.tables)),
      gaps: new Map(Object.entries(row.gaps)),
    }
  }

  /** Never takes a mark back: an older one changes nothing. A higher epoch forgets the gaps. */
  async save(producer: string, { position, xid, offsets, tables }: CaptureMark): Promise<void> {
    const texts = [...offsets].map(([partition, offset]) => [partition, offset.toString()] as const)
    await this.query(SAVE, [
      this.topic,
      producer,
      position,
      xid,
      JSON.stringify(Object.fromEntries(texts)),
      JSON.stringify(Object.fromEntries(tables)),
    ])
  }

  /** Notes that changes of tables are missing, as long as the producer is at that epoch (four hexadecimal digits). */
  async noteGaps(producer: string, epoch: string, gaps: CaptureGaps): Promise<void> {
    await this.query(NOTE_GAPS, [this.topic, producer, epoch, JSON.stringify(Object.fromEntries(gaps))])
  }

  private async query<R extends object>(text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.pool.query<R>(text, values)).rows
    } catch (error) {
      throw error instanceof DatabaseError && CLOSED.has(error.code) ? new CaptureMarksClosed(error) : error
    }
  }
}
