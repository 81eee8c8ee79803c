import type { DeadLetterRecord } from '@hooklane/contracts/records'
import { isOfEndedCompany, type KnownCompany } from '@hooklane/core/kernel'
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import { sql } from '../sql.js'
import type { LogEntry, AttemptsEntry } from './log-entry.js'
import { ATTEMPT_COLUMNS, columnArrays, DELIVERY_COLUMNS, summariseDeliveries } from './log-rows.js'
import { deadLetterOrder } from './record-order.js'

const HOLD_COMPANIES = sql('companies-hold')
const ATTEMPTS = sql('log-attempts')
const DELIVERIES = sql('log-deliveries')
const DEAD_LETTERS = sql('log-dead-letters')

/** The database rejects a value of one of the records. Writing the same batch again fails again. */
export class RefusedByLog extends Error {
  readonly code = 'REFUSED_BY_LOG'
  constructor(
    /** SQLSTATE of the database's error, or `invalid_routed_at`: a record has no valid date. */
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`the delivery log cannot store a record of the batch (reason: ${reason})`, options)
    this.name = 'RefusedByLog'
  }
}

/**
 * Writes the delivery log: a batch in one transaction of at most four statements. Writing the same batch again changes nothing, so a caller
 * may repeat a write whose outcome is unknown. Records of deleted companies are left out: a company that is created again under the same id
 * starts with an empty log.
 */
export class DeliveryLogWriter {
  private readonly days = new Set<string>()

  /** @param onLeftOut called with the number of records of a batch that belong to deleted companies */
  constructor(
    private readonly pool: Pool,
    private readonly onLeftOut: (records: number) => void = () => undefined,
  ) {}

  /**
   * @throws RefusedByLog nothing was written; write the records one by one to find the rejected one
   * @throws errors of the driver: nothing of the batch was written, or (if the connection broke during the commit) possibly all of it
   */
  async write(entries: readonly LogEntry[]): Promise<void> {
    try {
      await this.writeBatch(entries)
    } catch (error) {
      // The reason may be a partition that was dropped, so this process no longer knows which partitions exist.
      this.days.clear()
      throw refusalOf(error)
    }
  }

  private async writeBatch(entries: readonly LogEntry[]): Promise<void> {
    await this.ensureDays(daysOf(entries.filter(isFromAttemptsTopic)))
    let leftOut = 0
    await this.inTransaction(async (client) => {
      const kept = await lockCompaniesAndKeepExisting(client, entries)
      leftOut = entries.length - kept.length
      const logged = kept.filter(isFromAttemptsTopic)
      const deadLetters = kept.flatMap((entry) =>
        entry.kind === 'deadLetter' ? [storableRow(deadLetterRow(entry.record))] : [],
      )
      if (logged.length > 0) {
        const attempts = columnArrays(logged, ATTEMPT_COLUMNS)
        const deliveries = columnArrays(summariseDeliveries(logged), DELIVERY_COLUMNS)
        await client.query({ name: 'log attempts', text: ATTEMPTS, values: attempts })
        await client.query({ name: 'log deliveries', text: DELIVERIES, values: deliveries })
      }
      if (deadLetters.length > 0) {
        await client.query({ name: 'log dead letters', text: DEAD_LETTERS, values: [JSON.stringify(deadLetters)] })
      }
    })
    if (leftOut > 0) this.onLeftOut(leftOut)
  }

  /** Creates the partitions of these UTC days (`YYYY-MM-DD`), unless this process knows that they exist. */
  async ensureDays(days: readonly string[]): Promise<void> {
    for (const day of new Set(days)) {
      if (this.days.has(day)) continue
      await this.pool.query('SELECT hooklane.ensure_log_partitions($1::date)', [day])
      this.days.add(day)
    }
  }

  private async inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
    const client = await this.pool.connect()
    let failure: Error | undefined
    try {
      await client.query('BEGIN')
      await work(client)
      await client.query('COMMIT')
    } catch (error) {
      failure = error as Error
      throw error
    } finally {
      // After a failure the connection is closed, so that the server rolls the transaction back.
      client.release(failure)
    }
  }
}

const isFromAttemptsTopic = (entry: LogEntry): entry is AttemptsEntry => entry.kind !== 'deadLetter'

/**
 * Locks the companies of the entries, and returns the entries without those of deleted companies. Call it before anything is written, so
 * that a deletion waits for this batch and then removes its rows.
 */
async function lockCompaniesAndKeepExisting(
  client: PoolClient,
  entries: readonly LogEntry[],
): Promise<readonly LogEntry[]> {
  const companies = [...new Set(entries.map(({ record }) => record.companyId))]
  const { rows } = await client.query<{ company_id: string; incarnation: number; is_ended: boolean }>({
    name: 'hold companies',
    text: HOLD_COMPANIES,
    values: [companies],
  })
  const known = new Map<string, KnownCompany>(
    rows.map((row) => [row.company_id, { incarnation: row.incarnation, isEnded: row.is_ended }]),
  )
  return entries.filter(({ record }) => !isOfEndedCompany(record, known))
}

/** SQLSTATE classes of errors that a record causes: data that does not fit its column; a violated constraint. */
const REFUSALS = /^(22|23)/

function refusalOf(error: unknown): unknown {
  const isRefusal = error instanceof DatabaseError && REFUSALS.test(error.code ?? '')
  return isRefusal ? new RefusedByLog(error.code ?? '', { cause: error }) : error
}

/** The UTC days of the entries. @throws RefusedByLog when an entry has no valid day */
function daysOf(entries: readonly AttemptsEntry[]): string[] {
  const days = [...new Set(entries.map(({ record }) => record.routedAt.slice(0, 'YYYY-MM-DD'.length)))]
  if (days.some((day) => Number.isNaN(Date.parse(day)))) throw new RefusedByLog('invalid_routed_at')
  return days
}

/** Replaces NUL, which Postgres text cannot hold, and lone surrogates, which Postgres JSON cannot hold. */
const storable = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('\0', '\uFFFD')

/** Makes every text of a row storable. Records of foreign producers were checked against a schema, but not for such characters. */
function storableRow<R extends Readonly<Record<string, unknown>>>(row: R): R {
  const values = Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? storable(value) : value])
  return Object.fromEntries(values) as R
}

function deadLetterRow(r: DeadLetterRecord) {
  return {
    app_id: r.appId,
    sequence: r.sequence,
    company_id: r.companyId,
    delivery_id: r.deliveryId,
    subscription_id: r.subscriptionId,
    event_type: r.eventType,
    attempts: r.attempts,
    reason: r.reason,
    last_error: r.lastError,
    at: r.at,
    record: JSON.stringify(r),
    record_order: deadLetterOrder(r),
  }
}
