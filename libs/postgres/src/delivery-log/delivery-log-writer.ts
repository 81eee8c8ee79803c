import type { DeadLetterRecord } from '@hooklane/contracts/records'
import { isOfEndedCompany, type KnownCompany } from '@hooklane/core/kernel'
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import { sql } from '../sql.js'
import type { LogEntry, LoggedEntry } from './log-entry.js'
import { ATTEMPT_COLUMNS, columnArrays, DELIVERY_COLUMNS, summariseDeliveries } from './log-rows.js'
import { deadLetterOrder } from './record-order.js'

const HOLD_COMPANIES = sql('companies-hold')
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
 * Writes the delivery log: a batch in one transaction of four statements. Writing the same batch again changes nothing, so a reader may repeat
 * what it is not sure of. Records of companies that were deleted are left out: a company that is made again starts with an empty log.
 */
export class DeliveryLogWriter {
  private readonly days = new Set<string>()

  /** @param onLeftOut told how many records of a batch were of deleted companies */
  constructor(
    private readonly pool: Pool,
    private readonly onLeftOut: (records: number) => void = () => undefined,
  ) {}

  /**
   * @throws RefusedByLog nothing was written; write the records one by one to find which
   * @throws what the driver throws: nothing of the batch was written, or (connection lost at the commit) all of it
   */
  async write(entries: readonly LogEntry[]): Promise<void> {
    try {
      await this.writeBatch(entries)
    } catch (error) {
      // Somebody may have dropped a day that we took for existing.
      this.days.clear()
      throw refusalOf(error)
    }
  }

  private async writeBatch(entries: readonly LogEntry[]): Promise<void> {
    await this.ensureDays(daysOf(entries.filter(isLogged)))
    let leftOut = 0
    await this.inTransaction(async (client) => {
      const kept = await ofExistingCompanies(client, entries)
      leftOut = entries.length - kept.length
      const logged = kept.filter(isLogged)
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

const isLogged = (entry: LogEntry): entry is LoggedEntry => entry.kind !== 'deadLetter'

/** Order matters: locked before anything is written, so that whoever deletes a company waits for this batch and then removes what it wrote. */
async function ofExistingCompanies(client: PoolClient, entries: readonly LogEntry[]): Promise<readonly LogEntry[]> {
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
