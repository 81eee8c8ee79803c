import {
  AmbiguousWrite,
  type Gap,
  type LaneOwner,
  type LaneRow,
  type LaneStore,
  type LeaseToken,
  type OpenStream,
} from '@hooklane/core/lane'
import type { Pool } from 'pg'
import { sql } from '../sql.js'

const LOAD = sql('lane-load')
const SAVE: Write = { name: 'lane save', text: sql('lane-save') }
const DELETE: Write = { name: 'lane delete', text: sql('lane-delete') }
const OPEN_STREAMS = sql('streams-open')

/** A prepared statement that changes a row under a lease. */
interface Write {
  readonly name: string
  readonly text: string
}

/** Lane rows in the table `lane`. */
export class PostgresLaneStore implements LaneStore {
  constructor(private readonly pool: Pool) {}

  async load(workerGroup: string, partition: number): Promise<readonly LaneRow[]> {
    const { rows } = await this.pool.query<LaneTableRow>({
      name: 'lane load',
      text: LOAD,
      values: [workerGroup, partition],
    })
    return rows.map((row) => ({
      workerGroup,
      partition,
      appId: row.app_id,
      companyId: row.company_id,
      mode: row.mode,
      reason: row.reason,
      settled: BigInt(row.settled),
      settledSource: row.settled_source === null ? null : BigInt(row.settled_source),
      floorOffset: BigInt(row.floor_offset),
      attempt: row.attempt,
      firstAttemptAgoMs: row.first_attempt_ago_ms,
      nextAttemptInMs: row.next_attempt_in_ms,
      lastError: row.last_error,
      gaps: row.gaps.map(readGap),
      routeVersion: row.route_version,
    }))
  }

  async save(token: LeaseToken, row: LaneRow, endedEpoch: number | null = null): Promise<'done' | 'fenced'> {
    return this.write(SAVE, token, [
      row.appId,
      row.companyId,
      row.mode,
      row.reason,
      String(row.settled),
      row.settledSource === null ? null : String(row.settledSource),
      String(row.floorOffset),
      row.attempt,
      row.firstAttemptAgoMs,
      row.nextAttemptInMs,
      row.lastError,
      JSON.stringify(row.gaps.map(writeGap)),
      row.routeVersion,
      endedEpoch,
    ])
  }

  async delete(token: LeaseToken, { companyId, appId }: LaneOwner): Promise<'done' | 'fenced'> {
    return this.write(DELETE, token, [companyId, appId])
  }

  async openStreams(appIds: readonly string[]): Promise<readonly OpenStream[]> {
    const { rows } = await this.pool.query<{ app_id: string; epoch: number; worker_group: string }>({
      name: 'streams open',
      text: OPEN_STREAMS,
      values: [appIds],
    })
    return rows.map((row) => ({ appId: row.app_id, epoch: row.epoch, workerGroup: row.worker_group }))
  }

  private async write({ name, text }: Write, token: LeaseToken, values: unknown[]): Promise<'done' | 'fenced'> {
    const { workerGroup, partition, owner, epoch } = token
    try {
      const { rowCount } = await this.pool.query({
        name,
        text,
        values: [workerGroup, partition, owner, String(epoch), ...values],
      })
      return rowCount === 1 ? 'done' : 'fenced'
    } catch (cause) {
      throw new AmbiguousWrite(name, { cause })
    }
  }
}

interface LaneTableRow {
  readonly app_id: string
  readonly company_id: string
  readonly mode: 'flow' | 'parked'
  readonly reason: string | null
  readonly settled: string
  readonly settled_source: string | null
  readonly floor_offset: string
  readonly attempt: number
  readonly last_error: string | null
  readonly gaps: readonly StoredGap[]
  readonly route_version: number
  readonly first_attempt_ago_ms: number | null
  readonly next_attempt_in_ms: number | null
}

/** A gap as it is stored in jsonb, with sequence numbers as text. */
interface StoredGap {
  readonly sequence: string
  readonly to?: string
  readonly id: string | null
  readonly status: Gap['status']
  readonly reason: string
}

const writeGap = (gap: Gap): StoredGap => ({
  sequence: String(gap.sequence),
  ...(gap.to === undefined ? {} : { to: String(gap.to) }),
  id: gap.id,
  status: gap.status,
  reason: gap.reason,
})

const readGap = (stored: StoredGap): Gap => ({
  sequence: BigInt(stored.sequence),
  ...(stored.to === undefined ? {} : { to: BigInt(stored.to) }),
  id: stored.id,
  status: stored.status,
  reason: stored.reason,
})
