import type { DeadLetterRecord } from '@hooklane/contracts'
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import { sql } from '../sql.js'
import type { LogEntry, LoggedEntry } from './log-entry.js'
import { ATTEMPT_COLUMNS, columnArrays, DELIVERY_COLUMNS, summariseDeliveries } from './log-rows.js'
import { deadLetterOrder } from './record-order.js'

const ATTEMPTS = sql('log-attempts')
const DELIVERIES = sql('log-deliveries')
const DEAD_LETTERS = sql('log-dead-letters')

/** The database refuses what one of the records says: the same batch will never be written. */
export class RefusedByLog extends Error {
  readonly code = 'REFUSED_BY_LOG'
  constructor(
    /** SQLSTATE, or what is wrong: a closed set. */
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(`the delivery log cannot hold the record: ${reason}`, options)
    this.name = 'RefusedByLog'
  }
}

/**
 * Writes the delivery log: a batch in one transaction of three statements. Writing the same batch again changes nothing, so a reader may repeat
 * what it is not sure of.
 */
export class DeliveryLogWriter {
  private readonly days = new Set<string>()

  constructor(private readonly pool: Pool) {}

  /**
   * @throws RefusedByLog nothing was written; write the records one by one to find which
   * @throws what the driver throws: nothing of the batch was written, or (connection lost at the commit) all of it
   */
  async write(entries: readonly LogEntry[]): Promise<void> {
    try {
      await this.writeBatch(entries)
    } catch (error) {
      // Somebody may have dropped a day that we took for standing.
      this.days.clear()
      throw refusalOf(error)
    }
  }

  private async writeBatch(entries: readonly LogEntry[]): Promise<void> {
    const logged = entries.filter((entry): entry is LoggedEntry => entry.kind !== 'deadLetter')
    const deadLetters = entries.flatMap((entry) =>
      entry.kind === 'deadLetter' ? [storableRow(deadLetterRow(entry.record))] : [],
    )
    await this.ensureDays(daysOf(logged))
    await this.inTransaction(async (client) => {
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
  }

  /** Creates the partitions of these UTC days (`YYYY-MM-DD`) unless this process knows that they stand. */
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
      // A connection whose transaction failed is thrown away: the server ends the transaction with it.
      client.release(failure)
    }
  }
}

/** SQLSTATE classes: the data is not what the column takes; a constraint is broken. */
const REFUSALS = /^(22|23)/

function refusalOf(error: unknown): unknown {
  const isRefusal = error instanceof DatabaseError && REFUSALS.test(error.code ?? '')
  return isRefusal ? new RefusedByLog(error.code ?? '', { cause: error }) : error
}

/** @throws RefusedByLog when one is no day */
function daysOf(entries: readonly LoggedEntry[]): string[] {
  const days = [...new Set(entries.map(({ record }) => record.routedAt.slice(0, 'YYYY-MM-DD'.length)))]
  if (days.some((day) => Number.isNaN(Date.parse(day)))) throw new RefusedByLog('no_instant')
  return days
}

/** Postgres text holds every character but NUL, and its JSON no half of a surrogate pair. */
const storable = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('\0', '\uFFFD')

/** Every text of a row: what a foreign producer wrote is checked for its form, not for its characters. */
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
