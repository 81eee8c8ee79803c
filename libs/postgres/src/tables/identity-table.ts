import type { EntityManager } from 'typeorm'

/** The identity of a company id. It exists even after the company was deleted. */
export interface CompanyIdentity {
  /** 1, 2, 3 …: how often a company was created under this id. */
  readonly incarnation: number
  /** When the company was deleted; null: it exists. */
  readonly endedAt: Date | null
  /** When the delivery log of the company was erased; null: not yet. */
  readonly erasedAt: Date | null
}

/** The identity of an app id. It exists even after the app was deleted. */
export interface AppIdentity {
  /** The company that the id belongs to for ever. */
  readonly companyId: string
  /** The epoch of the last app with this id. */
  readonly epoch: number
}

/** The owners and incarnations of company ids and app ids; see migration 0012. Rows outlive the companies and apps. */
export class IdentityTable {
  constructor(private readonly manager: EntityManager) {}

  async findCompany(companyId: string): Promise<CompanyIdentity | null> {
    const rows = await this.manager.query<CompanyIdentity[]>(
      `SELECT incarnation, ended_at AS "endedAt", erased_at AS "erasedAt" FROM hooklane.company_identity WHERE company_id = $1`,
      [companyId],
    )
    return rows[0] ?? null
  }

  /**
   * Locks the erasure of a company until the transaction ends: no other process erases the company or creates it again. This is an advisory
   * lock, not a lock of the row, because the recorder locks the row while it writes.
   */
  async lockErasure(companyId: string): Promise<void> {
    await this.manager.query(`SELECT pg_advisory_xact_lock(${ERASURE_LOCK})`, [companyId])
  }

  /** Like `lockErasure`, but does not wait. Returns false if another transaction holds the lock. */
  async tryLockErasure(companyId: string): Promise<boolean> {
    const rows = await this.manager.query<{ held: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(${ERASURE_LOCK}) AS held`,
      [companyId],
    )
    return rows[0]?.held === true
  }

  /**
   * Registers a new company. Returns its incarnation; null: the company exists, or its predecessor is not erased yet.
   * Waits for a running erasure, which must not find rows of the new company.
   */
  async beginCompany(companyId: string): Promise<number | null> {
    await this.lockErasure(companyId)
    const rows = await this.manager.query<{ incarnation: number }[]>(
      `INSERT INTO hooklane.company_identity AS known (company_id, incarnation) VALUES ($1, 1)
       ON CONFLICT (company_id) DO UPDATE SET incarnation = known.incarnation + 1, ended_at = NULL, erased_at = NULL
       WHERE known.erased_at IS NOT NULL
       RETURNING incarnation`,
      [companyId],
    )
    return rows[0]?.incarnation ?? null
  }

  /** Marks the company as deleted: the recorder writes no more records of it. Waits for writes in progress. */
  async endCompany(companyId: string): Promise<void> {
    await this.manager.query(
      'UPDATE hooklane.company_identity SET ended_at = now() WHERE company_id = $1 AND ended_at IS NULL',
      [companyId],
    )
  }

  async markErased(companyId: string): Promise<void> {
    await this.manager.query(
      'UPDATE hooklane.company_identity SET erased_at = now() WHERE company_id = $1 AND ended_at IS NOT NULL AND erased_at IS NULL',
      [companyId],
    )
  }

  /** Returns the ids of deleted companies whose delivery logs are not erased yet. */
  async companiesToErase(): Promise<readonly string[]> {
    const rows = await this.manager.query<{ id: string }[]>(
      'SELECT company_id AS id FROM hooklane.company_identity WHERE ended_at IS NOT NULL AND erased_at IS NULL',
    )
    return rows.map(({ id }) => id)
  }

  /** Finds only apps of the scope's company; in the scope `operator`, apps of all companies. */
  async findApp(appId: string): Promise<AppIdentity | null> {
    const rows = await this.manager.query<AppIdentity[]>(
      'SELECT company_id AS "companyId", epoch FROM hooklane.app_identity WHERE app_id = $1',
      [appId],
    )
    return rows[0] ?? null
  }

  /**
   * Registers a new app in this epoch: 1, or one more than the last. Returns false if another request has created the app in the meantime,
   * or if the id belongs to another company. From now on the id belongs to this company.
   */
  async beginApp(appId: string, companyId: string, epoch: number): Promise<boolean> {
    const rows = await this.manager.query<object[]>(epoch === 1 ? FIRST_APP : NEXT_APP, [appId, companyId, epoch])
    return rows.length === 1
  }
}

const ERASURE_LOCK = `hashtextextended('hooklane.company_erasure/' || $1, 0)`

/** `DO NOTHING` instead of an update: an update raises an error if row-level security hides the existing row of another company. */
const FIRST_APP = `
  INSERT INTO hooklane.app_identity (app_id, company_id, epoch) VALUES ($1, $2, $3) ON CONFLICT (app_id) DO NOTHING RETURNING epoch`

const NEXT_APP = `
  WITH next AS (
    UPDATE hooklane.app_identity SET epoch = $3 WHERE app_id = $1 AND company_id = $2 AND epoch = $3 - 1 RETURNING epoch)
  SELECT epoch FROM next`
