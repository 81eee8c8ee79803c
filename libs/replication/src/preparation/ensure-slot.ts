import { parseLsn } from '@hooklane/core'
import { DatabaseError, type Client } from 'pg'
import type { ReplicatedSource } from '../replicated-source.js'
import { SourceRefused } from '../source-refused.js'
import type { ServerFacts } from './check-server.js'

/** Where reading begins. */
export interface ReadySlot {
  /** Everything up to here has been acknowledged. */
  readonly confirmedLsn: bigint
  /** The database's end of log, at the same moment. */
  readonly walEndLsn: bigint
}

export interface EnsureSlotOptions {
  /** Asked before a slot is made: throwing refuses. What is written from now on will be in the log, what was written before will not. */
  beforeCreate?(): Promise<void>
  /** Replace a slot that has lost log, instead of refusing: for a source that can be read anew as a whole. */
  readonly replaceLost: boolean
}

interface SlotRow {
  readonly plugin: string | null
  readonly database: string | null
  readonly active_pid: number | null
  readonly wal_status: string | null
  readonly confirmed: string | null
  readonly wal_end: string
}

/**
 * Finds the slot, or makes it. It is made by a statement of its own: in a transaction that has written, Postgres would wait for that
 * transaction for ever.
 */
export async function ensureSlot(
  client: Client,
  source: ReplicatedSource,
  server: ServerFacts,
  options: EnsureSlotOptions,
): Promise<ReadySlot> {
  const found = await readSlot(client, source.slot)
  if (found && found.wal_status !== 'lost') return ready(source, server, found)
  if (found) {
    checkOurs(source, server, found)
    if (!options.replaceLost) throw lost(source)
    await client.query('SELECT pg_drop_replication_slot($1)', [source.slot])
  } else {
    await options.beforeCreate?.()
  }
  await createSlot(client, source)
  const made = await readSlot(client, source.slot)
  if (!made) throw new SourceRefused('SLOT_RIGHT', `the slot ${source.slot} vanished after it was made`)
  return ready(source, server, made)
}

/** How far the slot is behind, for metrics. Null: there is no such slot. */
export interface SlotLag {
  /** Bytes of log from what was acknowledged to the end: other databases of the server included. */
  readonly lagBytes: number
  /** Bytes that may still be written before the slot is lost; null: no limit. */
  readonly safeBytes: number | null
  readonly isLost: boolean
}

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

async function readSlot(client: Client, slot: string): Promise<SlotRow | null> {
  const { rows } = await client.query<SlotRow>(
    `SELECT plugin, database, active_pid, wal_status, confirmed_flush_lsn::text AS confirmed, pg_current_wal_lsn()::text AS wal_end
     FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  )
  return rows[0] ?? null
}

async function createSlot(client: Client, source: ReplicatedSource): Promise<void> {
  try {
    await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [source.slot])
  } catch (error) {
    // duplicate_object: another instance made it at the same moment.
    if (error instanceof DatabaseError && error.code === '42710') return
    if (!(error instanceof DatabaseError)) throw error
    throw new SourceRefused(
      'SLOT_RIGHT',
      `the replication slot ${source.slot} cannot be made (${error.message})`,
      [`SELECT pg_create_logical_replication_slot('${source.slot}', 'pgoutput');`],
      error,
    )
  }
}

function ready(source: ReplicatedSource, server: ServerFacts, slot: SlotRow): ReadySlot {
  checkOurs(source, server, slot)
  if (slot.active_pid !== null) {
    throw new SourceRefused(
      'SLOT_ACTIVE',
      `the slot ${source.slot} is being read by the server process ${slot.active_pid}: another event-producer runs, or one that has ` +
        `ended is not yet noticed as gone (wal_sender_timeout)`,
    )
  }
  const confirmedLsn = parseLsn(slot.confirmed ?? '')
  const walEndLsn = parseLsn(slot.wal_end)
  if (confirmedLsn === null || walEndLsn === null) {
    throw new SourceRefused('SLOT_RIGHT', `the slot ${source.slot} is still being made by another session`)
  }
  return { confirmedLsn, walEndLsn }
}

function checkOurs(source: ReplicatedSource, server: ServerFacts, slot: SlotRow): void {
  if (slot.plugin === 'pgoutput' && slot.database === server.database) return
  throw new SourceRefused(
    'SLOT_FOREIGN',
    `the slot ${source.slot} exists, but for ${slot.plugin ?? 'physical replication'} of the database ${slot.database ?? '(none)'}: ` +
      `name another slot for the source ${source.name}`,
  )
}

function lost(source: ReplicatedSource): SourceRefused {
  return new SourceRefused(
    'SLOT_LOST',
    `the slot ${source.slot} has lost log that was not yet read (max_slot_wal_keep_size): changes of ${source.name} are missing. ` +
      `To go on from now, drop the slot, raise the source's epoch in the capture file, and let receivers fetch everything anew`,
    [`SELECT pg_drop_replication_slot('${source.slot}');`],
  )
}
