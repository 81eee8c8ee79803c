import {
  CompanyEntity,
  ConstraintViolation,
  OPERATOR_SCOPE,
  TenantDatabase,
  type Tables,
} from '@hooklane/postgres/tenancy'
import { Inject, Injectable } from '@nestjs/common'
import { retryOnDuplicateKey } from '../http/conflicts.js'
import { requireMatch, type Preconditions } from '../http/etag.js'
import { notFound } from '../http/problem.js'
import type { PutCompany } from './company.form.js'
import { companyConfiguration } from './company.stored.js'
import { CompanyErasure } from './company-erasure.js'
import type { EventsEnd } from './events-end.js'

export const EVENTS_END = Symbol('EventsEnd')

export interface SavedCompany {
  readonly company: CompanyEntity
  readonly isNew: boolean
}

const COMPANY_KEY = 'company_pkey'

/** Saves and deletes companies. The company and its configuration row change in one transaction. */
@Injectable()
export class CompaniesService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly erasure: CompanyErasure,
    @Inject(EVENTS_END) private readonly eventsEnd: EventsEnd,
  ) {}

  async get(id: string): Promise<CompanyEntity> {
    const company = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.companies.find(id))
    if (!company) throw notFound('company')
    return company
  }

  put(id: string, body: PutCompany, preconditions: Preconditions): Promise<SavedCompany> {
    return retryOnDuplicateKey(COMPANY_KEY, async () => {
      const eventsFrom = await this.prepare(id)
      return this.database.transaction(OPERATOR_SCOPE, async (tables) => {
        const before = await tables.companies.lock(id)
        requireMatch(preconditions, before)
        const company = before ?? (await begin(tables, id, eventsFrom))
        Object.assign(company, { name: body.name, updatedAt: new Date(), revision: company.revision + 1 })
        await (before ? tables.companies.update(company) : tables.companies.insert(company))
        await tables.configuration.put('company', id, companyConfiguration(company))
        return { company, isNew: before === null }
      })
    })
  }

  /** Deletes the company's configuration in one transaction, then its delivery log. After a failure, the next call continues. */
  async delete(id: string, preconditions: Preconditions): Promise<void> {
    await this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      const company = await tables.companies.lock(id)
      const isBeingErased = !company && (await isHalfErased(tables, id))
      if (isBeingErased) return
      if (!company) throw notFound('company')
      requireMatch(preconditions, company)
      // Order matters: as in the recorder, lock the identity before rows of the delivery log. See also `EndedStreamTable.end`.
      await tables.identities.endCompany(id)
      await tables.configuration.removeCompany(id)
      await tables.endedStreams.end({ companyId: id })
      await tables.companies.delete(id)
    })
    await this.erasure.erase(id)
  }

  /**
   * Prepares the creation of a company under the id of a deleted company: erases the delivery log of the deleted company, and reads the
   * offset at which its events end. Returns this offset, at which the events of the new company begin; null: the id was never used, or the
   * company exists.
   */
  private async prepare(id: string): Promise<bigint | null> {
    const identity = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.identities.findCompany(id))
    if (!identity?.endedAt) return null
    if (!identity.erasedAt) await this.erasure.erase(id)
    return this.eventsEnd(id)
  }
}

/** @throws ConstraintViolation when another request created or deleted the company after `prepare` read its identity */
async function begin(tables: Tables, id: string, eventsFrom: bigint | null): Promise<CompanyEntity> {
  const incarnation = await tables.identities.beginCompany(id)
  const isFirst = incarnation === 1
  if (incarnation === null || isFirst !== (eventsFrom === null)) throw new ConstraintViolation('unique', COMPANY_KEY)
  return Object.assign(new CompanyEntity(), {
    id,
    incarnation,
    eventsFrom: eventsFrom === null ? null : String(eventsFrom),
    revision: 0,
    createdAt: new Date(),
  })
}

async function isHalfErased(tables: Tables, id: string): Promise<boolean> {
  const identity = await tables.identities.findCompany(id)
  return identity !== null && identity.endedAt !== null && identity.erasedAt === null
}
