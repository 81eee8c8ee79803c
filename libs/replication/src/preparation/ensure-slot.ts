import { parseLsn } from '@hooklane/core/capture'
import { DatabaseError, type Client } from 'pg'
import type { OpenHistory, ReplicatedSource, SourceHistory } from '../replicated-source.js'
import { changesOfAllTablesMissing, SourceUnreadable } from '../source-unreadable.js'
import type { SourceWarning } from '../source-warning.js'
import type { ServerFacts } from './check-server.js'
import { quoteName } from './quote.js'

/** The first version of PostgreSQL that can copy slots to standbys. */
const FAILOVER_SINCE = 170_000

/** The positions of a slot and of its WAL, at one moment. */
export interface SlotPosition {
  /** Everything before this position was acknowledged. */
  readonly confirmedLsn: bigint
  /** The end of the WAL. */
  readonly walEndLsn: bigint
  /** Whether standbys can keep a copy of the slot, so that it survives a failover. Absent: the server is older than PostgreSQL 17. */
  readonly isSynchronized?: boolean
}

export interface EnsureSlotOptions {
  readonly server: ServerFacts
  readonly history: SourceHistory
  /** Whether the publication was missing until now. Then the WAL that an older slot holds cannot be decoded. */
  readonly isPublicationNew: boolean
}

interface SlotRow {
  readonly plugin: string | null
  readonly database: string | null
  readonly active_pid: number | null
  readonly wal_status: string | null
  /** Since 17: why the slot is lost. */
  readonly invalidation_reason: string | null
  readonly confirmed: string | null
  readonly wal_end: string
  /** Since 17: whether standbys can keep a copy. */
  readonly failover: 'true' | 'false' | null
  readonly two_phase: boolean
}

/**
 * Finds the slot, or creates it. A new slot provides only changes that are written after its creation. It is created outside of a
 * transaction block, because Postgres refuses to create a slot in a transaction that has written.
 */
export async function ensureSlot(
  client: Client,
  source: ReplicatedSource,
  { server, history, isPublicationNew }: EnsureSlotOptions,
): Promise<SlotPosition> {
  const found = await readSlot(client, source.slot)
  if (found) {
    checkOurs(source, server, found)
    const isLost = found.wal_status === 'lost'
    if (isLost && history.kind === 'open') throw lost(source, found, history)
    const isUsable = !isLost && !isPublicationNew && history.kind !== 'over'
    if (isUsable || history.kind === 'open') return ready(source, found)
    refuseActive(source, found)
    await client.query('SELECT pg_drop_replication_slot($1)', [source.slot])
  } else if (history.kind === 'open') throw gone(source, history)
  await createSlot(client, source, server)
  const made = await readSlot(client, source.slot)
  if (!made) throw new SourceUnreadable('SLOT_RIGHT', `the slot ${source.slot} vanished after it was created`)
  checkOurs(source, server, made)
  return ready(source, made)
}

/**
 * Throws if the slot belongs to another database or plugin. Call before any facts of the database are trusted, because the URL may name the
 * wrong database.
 * @throws SourceUnreadable
 */
export async function refuseForeignSlot(client: Client, source: ReplicatedSource, server: ServerFacts): Promise<void> {
  const found = await readSlot(client, source.slot)
  if (found) checkOurs(source, server, found)
}

/** Call before any change for the source, so that a process that reads the slot now is not disturbed. @throws SourceUnreadable */
export async function refuseActiveSlot(client: Client, source: ReplicatedSource, server: ServerFacts): Promise<void> {
  const found = await readSlot(client, source.slot)
  if (!found) return
  checkOurs(source, server, found)
  refuseActive(source, found)
}

/** How far the slot is behind, for metrics. */
export interface SlotLag {
  /** Bytes of WAL between the acknowledged position and the end of the WAL. Includes the WAL of other databases of the server. */
  readonly lagBytes: number
  /** Bytes that may still be written before the slot is lost; null: no limit. */
  readonly safeBytes: number | null
  readonly isLost: boolean
}

/** Null: there is no such slot. */
export async function readSlotLag(client: Client, slot: string): Promise<SlotLag | null> {
  const { rows } = await client.query<{ lag: string | null; safe: string | null; wal_status: string | null }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS lag, safe_wal_size::text AS safe, wal_status
     FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  )
  const row = rows[0]
  if (!row) return null
  return {
    lagBytes: Number(row.lag ?? 0),
    safeBytes: row.safe === null ? null : Number(row.safe),
    isLost: row.wal_status === 'lost',
  }
}

/** @throws SourceUnreadable when the slot is gone */
export async function readPositionOf(client: Client, slot: string): Promise<SlotPosition> {
  const found = await readSlot(client, slot)
  const position = found && positionOf(found)
  if (!position) throw new SourceUnreadable('SLOT_RIGHT', `the slot ${slot} was dropped while it was being opened`)
  return position
}

async function readSlot(client: Client, slot: string): Promise<SlotRow | null> {
  const { rows } = await client.query<SlotRow>(
    `SELECT plugin, database, active_pid, wal_status, two_phase, to_jsonb(s) ->> 'invalidation_reason' AS invalidation_reason,
            to_jsonb(s) ->> 'failover' AS failover, confirmed_flush_lsn::text AS confirmed, pg_current_wal_lsn()::text AS wal_end
     FROM pg_replication_slots s WHERE slot_name = $1`,
    [slot],
  )
  return rows[0] ?? null
}

/** With the option `failover`, standbys that copy slots keep a copy of this slot. Without such a standby, the option has no effect. */
async function createSlot(client: Client, source: ReplicatedSource, { version }: ServerFacts): Promise<void> {
  const failover = version >= FAILOVER_SINCE ? ', failover => true' : ''
  try {
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput'${failover})`, [source.slot])
  } catch (error) {
    // duplicate_object: another instance created it at the same moment.
    if (error instanceof DatabaseError && error.code === '42710') return
    if (!(error instanceof DatabaseError)) throw error
    throw new SourceUnreadable(
      'SLOT_RIGHT',
      `the replication slot ${source.slot} cannot be created (${error.message})`,
      {
        statements: [`SELECT pg_create_logical_replication_slot('${source.slot}', 'pgoutput'${failover});`],
        cause: error,
      },
    )
  }
}

/** Returns a warning if the slot would not survive a failover; else an empty list. */
export function slotWarnings({ slot }: ReplicatedSource, { isSynchronized }: SlotPosition): readonly SourceWarning[] {
  if (isSynchronized !== false) return []
  return [
    {
      code: 'SLOT_NOT_SYNCHRONIZED',
      message:
        `the slot ${slot} is not copied to standbys (failover is off): after a failover it would be gone, and changes with it. Stop the ` +
        `event-producer, and run over a connection with replication=database: ALTER_REPLICATION_SLOT ${quoteName(slot)} (FAILOVER true);`,
    },
  ]
}

function ready(source: ReplicatedSource, slot: SlotRow): SlotPosition {
  refuseActive(source, slot)
  const position = positionOf(slot)
  if (position) return position
  throw new SourceUnreadable('SLOT_RIGHT', `the slot ${source.slot} is still being created by another session`)
}

function positionOf(slot: SlotRow): SlotPosition | null {
  const confirmedLsn = parseLsn(slot.confirmed ?? '')
  const walEndLsn = parseLsn(slot.wal_end)
  if (confirmedLsn === null || walEndLsn === null) return null
  if (slot.failover === null) return { confirmedLsn, walEndLsn }
  return { confirmedLsn, walEndLsn, isSynchronized: slot.failover === 'true' }
}

function refuseActive(source: ReplicatedSource, slot: SlotRow): void {
  if (slot.active_pid === null) return
  throw new SourceUnreadable(
    'SLOT_ACTIVE',
    `the slot ${source.slot} is being read by the server process ${slot.active_pid}: another event-producer is running, or it has ` +
      `ended and the server has not noticed yet (wal_sender_timeout). This event-producer takes over once the slot is free. To run both, ` +
      `give each its own slot`,
  )
}

function checkOurs(source: ReplicatedSource, server: ServerFacts, slot: SlotRow): void {
  if (slot.two_phase) throw twoPhase(source)
  if (slot.plugin === 'pgoutput' && slot.database === server.database) return
  if (slot.plugin === 'pgoutput' && slot.database !== null) throw ofOtherDatabase(source, server, slot.database)
  throw new SourceUnreadable(
    'SLOT_FOREIGN',
    `the slot ${source.slot} exists, but is for ${slot.plugin ?? 'physical replication'} of the database ${slot.database ?? '(none)'}: ` +
      `name another slot for the source ${source.name}`,
  )
}

/** A slot with `two_phase` sends a prepared transaction before it is known whether the transaction will be committed. */
const twoPhase = ({ slot, name, resetInstructions }: ReplicatedSource): SourceUnreadable =>
  new SourceUnreadable(
    'SLOT_FOREIGN',
    `the slot ${slot} was created with two_phase, so it would send prepared transactions before they are committed. If ${name} is a new ` +
      `source, name another slot for it, and Hooklane creates it. If it was read before, ${resetInstructions}`,
  )

const ofOtherDatabase = ({ slot, name }: ReplicatedSource, server: ServerFacts, database: string): SourceUnreadable =>
  new SourceUnreadable(
    'SLOT_FOREIGN',
    `the slot ${slot} is of the database ${database}, but the URL of ${name} names ${server.database}: correct the URL and restart the ` +
      `event-producer. If ${name} is a new source, name another slot for it`,
  )

const gone = (source: ReplicatedSource, history: OpenHistory): SourceUnreadable =>
  changesOfAllTablesMissing(source, {
    code: 'SLOT_LOST',
    reason: `the slot ${source.slot} is gone, but ${source.name} was read up to ${history.upTo}: changes since then are missing`,
  })

function lost(source: ReplicatedSource, slot: SlotRow, history: OpenHistory): SourceUnreadable {
  const cause = slot.invalidation_reason ?? 'max_slot_wal_keep_size'
  return changesOfAllTablesMissing(source, {
    code: 'SLOT_LOST',
    reason:
      `PostgreSQL has invalidated the slot ${source.slot} (${cause}), which was read up to ${history.upTo}: changes since then are ` +
      `missing`,
  })
}
