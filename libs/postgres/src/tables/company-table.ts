import type { EntityManager } from 'typeorm'
import { CompanyEntity } from '../entities/company.entity.js'
import { pageByCreation, type CreationCursor, type Page, type PageRequest } from './page.js'

export class CompanyTable {
  constructor(private readonly manager: EntityManager) {}

  find(id: string): Promise<CompanyEntity | null> {
    return this.manager.findOneBy(CompanyEntity, { id })
  }

  /** Reads the company and locks it until the transaction ends. */
  lock(id: string): Promise<CompanyEntity | null> {
    return this.manager.findOne(CompanyEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  page(page: PageRequest<CreationCursor>): Promise<Page<CompanyEntity, CreationCursor>> {
    return pageByCreation(this.manager.createQueryBuilder(CompanyEntity, 'company'), page)
  }

  async insert(company: CompanyEntity): Promise<void> {
    await this.manager.insert(CompanyEntity, company)
  }

  async update(company: CompanyEntity): Promise<void> {
    await this.manager.update(CompanyEntity, { id: company.id }, company)
  }

  /** Deletes the company and everything it owns, except the delivery log; for that see `DeliveryLogTables.erase`. */
  async delete(id: string): Promise<void> {
    await this.manager.delete(CompanyEntity, { id })
  }
}
