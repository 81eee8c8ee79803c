import { OPERATOR_SCOPE, TenantDatabase, type Tables } from '@hooklane/postgres'
import { Injectable } from '@nestjs/common'

/**
 * Removes what deleted companies have left in the delivery log, in parts that each fit into a statement. Nothing is added meanwhile: the recorder
 * leaves out what speaks of a deleted company. Until it is done no company can be made under the id, so that none reads its predecessor's deliveries.
 * Of several that do this at once one goes on at a time: who finds nothing left knows that nobody else is at it.
 */
@Injectable()
export class CompanyErasure {
  constructor(private readonly database: TenantDatabase) {}

  /** Resolves when nothing is left. A company that is there is left alone. */
  async erase(companyId: string): Promise<void> {
    while (await this.erasePart(companyId, (identities) => identities.holdErasure(companyId).then(() => true)));
  }

  /** Goes on where a process ended. Companies that somebody else is erasing now are left to it. */
  async sweep(): Promise<void> {
    const companies = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.identities.companiesToErase())
    for (const companyId of companies) {
      while (await this.erasePart(companyId, (identities) => identities.tryHoldErasure(companyId)));
    }
  }

  /** Returns whether there is more to do here. */
  private erasePart(companyId: string, hold: (identities: Tables['identities']) => Promise<boolean>): Promise<boolean> {
    return this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      if (!(await hold(tables.identities))) return false
      const identity = await tables.identities.findCompany(companyId)
      if (!identity?.endedAt || identity.erasedAt) return false
      if (await tables.deliveryLog.erase(companyId)) return true
      await tables.identities.markErased(companyId)
      return false
    })
  }
}
