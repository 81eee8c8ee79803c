import type { EntityManager } from 'typeorm'
import { sql } from '../sql.js'
import { cut, type Page, type PageRequest } from './page.js'

export interface DeliveryFilter {
  readonly appId?: string | undefined
  readonly subscriptionId?: string | undefined
  readonly eventType?: string | undefined
  readonly entityType?: string | undefined
  readonly entityId?: string | undefined
  readonly status?: string | undefined
  /** Deliveries that were routed at or after this instant; ISO 8601. */
  readonly from?: string | undefined
  /** Deliveries that were routed before this instant; ISO 8601. */
  readonly to?: string | undefined
}

/** A position in a list of deliveries, which is sorted from the newest to the oldest. */
export interface DeliveryCursor {
  /** ISO 8601 with microseconds. */
  readonly routedAt: string
  readonly appId: string
  readonly sequence: string
}

/** One delivery as stored in the log. */
export interface LoggedDelivery {
  readonly deliveryId: string
  readonly appId: string
  readonly sequence: string
  readonly companyId: string
  readonly subscriptionId: string
  readonly workerGroup: string
  readonly eventId: string
  readonly eventType: string
  readonly entityType: string
  readonly entityId: string
  readonly entityKey: string | null
  readonly entityUrl: string | null
  readonly position: string | null
  readonly routedAt: Date
  readonly mode: string
  readonly status: string
  readonly reason: string | null
  readonly attempts: number
  readonly firstAttemptAt: Date | null
  readonly lastAttemptAt: Date | null
  readonly nextAttemptAt: Date | null
  readonly settledAt: Date | null
  readonly lastStatus: number | null
  readonly lastError: string | null
}

export interface LoggedAttempt {
  readonly attemptId: string
  readonly sequence: string
  readonly attempt: number
  readonly ownerEpoch: string
  readonly startedAt: Date
  readonly durationMs: number
  readonly requestMethod: string
  readonly requestUrl: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly requestBytes: number
  readonly requestDigest: string
  readonly responseStatus: number | null
  readonly responseHeaders: Readonly<Record<string, string>> | null
  readonly responseBody: string | null
  readonly errorCode: string | null
  readonly errorMessage: string | null
  readonly decision: string
  readonly nextAttemptAt: Date | null
  readonly status: string
}

/** The delivery log, which the recorder writes and the API reads. */
export class DeliveryLogTables {
  constructor(private readonly manager: EntityManager) {}

  async page(filter: DeliveryFilter, page: PageRequest<DeliveryCursor>): Promise<Page<LoggedDelivery, DeliveryCursor>> {
    const parameters: unknown[] = []
    const conditions = ['true']
    const where = (condition: (parameter: string) => string, value: unknown): void => {
      if (value === undefined) return
      parameters.push(value)
      conditions.push(condition(`$${parameters.length}`))
    }
    for (const [name, column] of EQUAL_FILTERS) where((p) => `${column} = ${p}`, filter[name])
    // The condition on `day` lets the planner skip partitions.
    where((p) => `day >= (${p}::timestamptz AT TIME ZONE 'UTC')::date AND routed_at >= ${p}::timestamptz`, filter.from)
    where((p) => `day <= (${p}::timestamptz AT TIME ZONE 'UTC')::date AND routed_at < ${p}::timestamptz`, filter.to)
    if (page.after) {
      const { routedAt, appId, sequence } = page.after
      const first = parameters.push(routedAt, appId, sequence) - 2
      conditions.push(
        `day <= ($${first}::timestamptz AT TIME ZONE 'UTC')::date`,
        `(routed_at, app_id, sequence) < ($${first}::timestamptz, $${first + 1}::text, $${first + 2}::bigint)`,
      )
    }
    const limit = `$${parameters.push(page.limit + 1)}`
    const rows = await this.manager.query<(LoggedDelivery & { routedAtKey: string })[]>(
      `SELECT ${DELIVERY_COLUMNS} FROM hooklane.delivery WHERE ${conditions.join(' AND ')}
       ORDER BY routed_at DESC, app_id DESC, sequence DESC LIMIT ${limit}`,
      parameters,
    )
    return cut(rows, page.limit, (row) => ({
      routedAt: row.routedAtKey,
      appId: row.appId,
      sequence: row.sequence,
    }))
  }

  /** All deliveries with this id, newest first. A catch-up delivers again with the same id and a new sequence, so there can be several. */
  findAll(deliveryId: string): Promise<LoggedDelivery[]> {
    return this.manager.query<LoggedDelivery[]>(
      `SELECT ${DELIVERY_COLUMNS} FROM hooklane.delivery WHERE delivery_id = $1 ORDER BY sequence DESC LIMIT 100`,
      [deliveryId],
    )
  }

  /** The requests for these deliveries, oldest first. */
  async attemptsOf(
    deliveries: readonly Pick<LoggedDelivery, 'appId' | 'sequence' | 'routedAt'>[],
    page: PageRequest<AttemptPosition>,
  ): Promise<Page<LoggedAttempt, AttemptPosition>> {
    const rows = await this.manager.query<(LoggedAttempt & { startedAtKey: string })[]>(ATTEMPTS, [
      deliveries.map((delivery) => delivery.appId),
      deliveries.map((delivery) => delivery.sequence),
      deliveries.map((delivery) => delivery.routedAt.toISOString()),
      page.after?.startedAt ?? null,
      page.after?.attemptId ?? null,
      page.limit + 1,
    ])
    return cut(rows, page.limit, (row) => ({ startedAt: row.startedAtKey, attemptId: row.attemptId }))
  }

  /**
   * Removes a part of a company's deliveries and attempts. Once no delivery is left, removes the company's dead letters and lanes as well.
   * Returns whether there may be more. Must run in the scope `operator`.
   */
  async erase(companyId: string): Promise<boolean> {
    const rows = await this.manager.query<{ found: number }[]>(ERASE, [companyId, ERASED_AT_ONCE])
    if ((rows[0]?.found ?? 0) > 0) return true
    await this.manager.query('DELETE FROM hooklane.dead_letter WHERE company_id = $1', [companyId])
    await this.manager.query('DELETE FROM hooklane.lane WHERE company_id = $1', [companyId])
    return false
  }
}

const ERASE = sql('log-erase')
/** Number of deliveries, with their attempts, per statement. Too low: many statements. Too high: a statement may exceed the time limit. */
const ERASED_AT_ONCE = 2_000

export interface AttemptPosition {
  /** ISO 8601 with microseconds. */
  readonly startedAt: string
  readonly attemptId: string
}

const EQUAL_FILTERS = [
  ['appId', 'app_id'],
  ['subscriptionId', 'subscription_id'],
  ['eventType', 'event_type'],
  ['entityType', 'entity_type'],
  ['entityId', 'entity_id'],
  ['status', 'status'],
] as const

const MICROSECONDS = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

const DELIVERY_COLUMNS = `delivery_id AS "deliveryId", app_id AS "appId", sequence, company_id AS "companyId",
  subscription_id AS "subscriptionId", worker_group AS "workerGroup", event_id AS "eventId", event_type AS "eventType",
  entity_type AS "entityType", entity_id AS "entityId", entity_key AS "entityKey", entity_url AS "entityUrl", position,
  routed_at AS "routedAt", to_char(routed_at AT TIME ZONE 'UTC', ${MICROSECONDS}) AS "routedAtKey", mode, status, reason, attempts,
  first_attempt_at AS "firstAttemptAt", last_attempt_at AS "lastAttemptAt", next_attempt_at AS "nextAttemptAt",
  settled_at AS "settledAt", last_status AS "lastStatus", last_error AS "lastError"`

const ATTEMPTS = `
  SELECT a.attempt_id AS "attemptId", a.sequence, a.attempt, a.owner_epoch AS "ownerEpoch", a.started_at AS "startedAt",
    to_char(a.started_at AT TIME ZONE 'UTC', ${MICROSECONDS}) AS "startedAtKey", a.duration_ms AS "durationMs",
    a.request_method AS "requestMethod", a.request_url AS "requestUrl", a.request_headers AS "requestHeaders",
    a.request_bytes AS "requestBytes", a.request_digest AS "requestDigest", a.response_status AS "responseStatus",
    a.response_headers AS "responseHeaders", a.response_body AS "responseBody", a.error_code AS "errorCode",
    a.error_message AS "errorMessage", a.decision, a.next_attempt_at AS "nextAttemptAt", a.status
  FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS d (app_id, sequence, routed_at)
  JOIN hooklane.attempt a
    ON a.day = (d.routed_at AT TIME ZONE 'UTC')::date AND a.app_id = d.app_id AND a.sequence = d.sequence AND a.kind = 'attempt'
  WHERE $4::timestamptz IS NULL OR (a.started_at, a.attempt_id) > ($4::timestamptz, $5::text)
  ORDER BY a.started_at, a.attempt_id LIMIT $6`
