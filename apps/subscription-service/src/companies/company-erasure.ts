import { OPERATOR_SCOPE, TenantDatabase, type Tables } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'

/**
 * Removes the delivery log of deleted companies, in parts that are each small enough for one statement. No rows are added meanwhile,
 * because the recorder leaves out records of deleted companies. The id cannot be used for a new company until the erasure is complete, so a
 * new company never reads its predecessor's deliveries. A lock lets only one process at a time erase a company. A process that holds the
 * lock and finds no rows therefore knows that no other process is still erasing.
 */
@Injectable()
export class CompanyErasure {
  constructor(private readonly database: TenantDatabase) {}

  /** Resolves when the company's delivery log is empty. Does nothing for a company that exists. */
  async erase(companyId: string): Promise<void> {
    while (await this.erasePart(companyId, (identities) => identities.lockErasure(companyId).then(() => true)));
  }

  /** Continues erasures that a process did not finish. Skips companies that another process is erasing now. */
  async sweep(): Promise<void> {
    const companies = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.identities.companiesToErase())
    for (const companyId of companies) {
      while (await this.erasePart(companyId, (identities) => identities.tryLockErasure(companyId)));
    }
  }

  /** Erases one part. Returns whether there is more to erase. */
  private erasePart(companyId: string, lock: (identities: Tables['identities']) => Promise<boolean>): Promise<boolean> {
    return this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      if (!(await lock(tables.identities))) return false
      const identity = await tables.identities.findCompany(companyId)
      if (!identity?.endedAt || identity.erasedAt) return false
      if (await tables.deliveryLog.erase(companyId)) return true
      await tables.identities.markErased(companyId)
      return false
    })
  }
}
