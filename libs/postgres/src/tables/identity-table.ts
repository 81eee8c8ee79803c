import type { EntityManager } from 'typeorm'

/** A company, whether or not it is there. */
export interface CompanyIdentity {
  /** 1, 2, 3 …: how often a company was made under this id. */
  readonly incarnation: number
  /** Null: the company is there. */
  readonly endedAt: Date | null
  /** Null: what it left behind is not gone yet. */
  readonly erasedAt: Date | null
}

/** An app's id, whether or not the app is there. */
export interface AppIdentity {
  /** Whose it is for good. */
  readonly companyId: string
  /** Of its last incarnation. */
  readonly epoch: number
}

/** Who ids belong to, and what number of incarnation they are at; see migration 0012. Outlives what it speaks of. */
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
   * Until the transaction ends nobody else removes what the company has left behind, and nobody makes it again. Not a lock of its row: the recorder
   * holds that one while it writes.
   */
  async holdErasure(companyId: string): Promise<void> {
    await this.manager.query(`SELECT pg_advisory_xact_lock(${ERASURE_LOCK})`, [companyId])
  }

  /** The same without waiting. False: somebody else holds it. */
  async tryHoldErasure(companyId: string): Promise<boolean> {
    const rows = await this.manager.query<{ held: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(${ERASURE_LOCK}) AS held`,
      [companyId],
    )
    return rows[0]?.held === true
  }

  /**
   * A company is made. Returns its incarnation; null: one is there, or what the last one left behind is not gone yet.
   * Waits for whoever is removing that: it must not find rows of the new one.
   */
  async beginCompany(companyId: string): Promise<number | null> {
    await this.holdErasure(companyId)
    const rows = await this.manager.query<{ incarnation: number }[]>(
      `INSERT INTO hooklane.company_identity AS known (company_id, incarnation) VALUES ($1, 1)
       ON CONFLICT (company_id) DO UPDATE SET incarnation = known.incarnation + 1, ended_at = NULL, erased_at = NULL
       WHERE known.erased_at IS NOT NULL
       RETURNING incarnation`,
      [companyId],
    )
    return rows[0]?.incarnation ?? null
  }

  /** From now on nothing more is recorded of the company. Waits until what is being recorded stands. */
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

  /** Deleted companies that have left something behind. */
  async companiesToErase(): Promise<readonly string[]> {
    const rows = await this.manager.query<{ id: string }[]>(
      'SELECT company_id AS id FROM hooklane.company_identity WHERE ended_at IS NOT NULL AND erased_at IS NULL',
    )
    return rows.map(({ id }) => id)
  }

  /** Sees the apps of the scope's company only, in the scope `operator` all. */
  async findApp(appId: string): Promise<AppIdentity | null> {
    const rows = await this.manager.query<AppIdentity[]>(
      'SELECT company_id AS "companyId", epoch FROM hooklane.app_identity WHERE app_id = $1',
      [appId],
    )
    return rows[0] ?? null
  }

  /**
   * An app is made in this epoch: 1, or the one after its last. False: somebody else has made it meanwhile, or the id is another company's.
   * The id is the company's from now on.
   */
  async beginApp(appId: string, companyId: string, epoch: number): Promise<boolean> {
    const rows = await this.manager.query<object[]>(epoch === 1 ? FIRST_APP : NEXT_APP, [appId, companyId, epoch])
    return rows.length === 1
  }
}

const ERASURE_LOCK = `hashtextextended('hooklane.company_erasure/' || $1, 0)`

/** Without a conflict's update: row-level security would make an error of the row of another company. */
const FIRST_APP = `
  INSERT INTO hooklane.app_identity (app_id, company_id, epoch) VALUES ($1, $2, $3) ON CONFLICT (app_id) DO NOTHING RETURNING epoch`

const NEXT_APP = `
  WITH next AS (
    UPDATE hooklane.app_identity SET epoch = $3 WHERE app_id = $1 AND company_id = $2 AND epoch = $3 - 1 RETURNING epoch)
  SELECT epoch FROM next`
