import { CompanyEntity, ConstraintViolation, OPERATOR_SCOPE, TenantDatabase, type Tables } from '@hooklane/postgres'
import { Inject, Injectable } from '@nestjs/common'
import { retryOnDuplicateKey } from '../http/conflicts.js'
import { requireMatch, type Preconditions } from '../http/etag.js'
import { notFound } from '../http/problem.js'
import { companyConfiguration, type PutCompany } from './company.dto.js'
import { CompanyErasure } from './company-erasure.js'
import type { EventsEnd } from './events-end.js'

export const EVENTS_END = Symbol('EventsEnd')

export interface SavedCompany {
  readonly company: CompanyEntity
  readonly isNew: boolean
}

const COMPANY_KEY = 'company_pkey'

/** Saves and deletes companies: the company and what the delivery path is told change together. */
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

  /** Everything of the company goes: what is configured at once, then the delivery log. Called again after a failure, it goes on where it was. */
  async delete(id: string, preconditions: Preconditions): Promise<void> {
    await this.database.transaction(OPERATOR_SCOPE, async (tables) => {
      const company = await tables.companies.lock(id)
      const isBeingErased = !company && (await isHalfErased(tables, id))
      if (isBeingErased) return
      if (!company) throw notFound('company')
      requireMatch(preconditions, company)
      // Order matters: the identity before the log's rows, as the recorder takes them; see `EndedStreamTable.end` for the rest.
      await tables.identities.endCompany(id)
      await tables.configuration.removeCompany(id)
      await tables.endedStreams.end({ companyId: id })
      await tables.companies.delete(id)
    })
    await this.erasure.erase(id)
  }

  /**
   * A company that is made again begins behind everything that was published for its predecessor, and finds nothing of it.
   * Returns where its events begin; null: it has no predecessor, or exists.
   */
  private async prepare(id: string): Promise<bigint | null> {
    const identity = await this.database.transaction(OPERATOR_SCOPE, (tables) => tables.identities.findCompany(id))
    if (!identity?.endedAt) return null
    if (!identity.erasedAt) await this.erasure.erase(id)
    return this.eventsEnd(id)
  }
}

/** @throws ConstraintViolation when somebody else made or deleted it since `prepare` looked */
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
