import type { EntityManager } from 'typeorm'

/** Identifies an idempotent request: a key that the caller chose, unique for the API key and the company that the caller acts for. */
export interface IdempotencyName {
  readonly apiKeyId: string
  readonly companyId: string | null
  readonly key: string
}

/** Stored responses to requests with an `Idempotency-Key`; see migration 0008. */
export class IdempotencyTable {
  constructor(private readonly manager: EntityManager) {}

  /**
   * Locks the request until the transaction ends, even if it ends by a crash. Returns false if another transaction holds the lock. The
   * locks of two different requests may collide. Then one of the two is refused although it could run, and the caller has to send it again.
   */
  async claim({ apiKeyId, companyId, key }: IdempotencyName): Promise<boolean> {
    const rows = await this.manager.query<{ claimed: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('hooklane.idempotency/' || json_build_array($1::text, $2::text, $3::text), 0)) AS claimed`,
      [apiKeyId, companyId, key],
    )
    return rows[0]?.claimed === true
  }

  /** The sealed response; null: there is none, or it has expired. */
  async find({ apiKeyId, companyId, key }: IdempotencyName): Promise<string | null> {
    const rows = await this.manager.query<{ answer: string }[]>(
      `SELECT answer FROM hooklane.idempotency_key
       WHERE api_key_id = $1 AND key = $2 AND coalesce(company_id, '') = coalesce($3, '') AND expires_at > clock_timestamp()`,
      [apiKeyId, key, companyId],
    )
    return rows[0]?.answer ?? null
  }

  /** Stores a sealed response. Replaces an expired one. */
  async keep({ apiKeyId, companyId, key }: IdempotencyName, answer: string, hours: number): Promise<void> {
    await this.manager.query(
      `INSERT INTO hooklane.idempotency_key (api_key_id, company_id, key, answer, expires_at)
       VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(hours => $5))
       ON CONFLICT (api_key_id, key, coalesce(company_id, '')) DO UPDATE SET answer = EXCLUDED.answer, expires_at = EXCLUDED.expires_at`,
      [apiKeyId, companyId, key, answer, hours],
    )
  }

  /** Removes at most `limit` expired responses. Returns the number removed. Must run in the scope `operator`. */
  async removeExpired(limit: number): Promise<number> {
    const rows = await this.manager.query<{ removed: number }[]>(
      `WITH expired AS (
         SELECT ctid FROM hooklane.idempotency_key WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED),
       gone AS (DELETE FROM hooklane.idempotency_key k USING expired WHERE k.ctid = expired.ctid RETURNING 1)
       SELECT count(*)::int AS removed FROM gone`,
      [limit],
    )
    return rows[0]?.removed ?? 0
  }
}
