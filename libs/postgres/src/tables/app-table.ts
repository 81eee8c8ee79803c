import type { EntityManager } from 'typeorm'
import { AppEntity } from '../entities/app.entity.js'
import { pageByCreation, type CreationPosition, type Page, type PageRequest } from './page.js'

export class AppTable {
  constructor(private readonly manager: EntityManager) {}

  find(id: string): Promise<AppEntity | null> {
    return this.manager.findOneBy(AppEntity, { id })
  }

  /** Until the transaction ends nobody else changes it. */
  lock(id: string): Promise<AppEntity | null> {
    return this.manager.findOne(AppEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  page(page: PageRequest<CreationPosition>): Promise<Page<AppEntity, CreationPosition>> {
    return pageByCreation(this.manager.createQueryBuilder(AppEntity, 'app'), page)
  }

  async insert(app: AppEntity): Promise<void> {
    await this.manager.insert(AppEntity, app)
  }

  async update(app: AppEntity): Promise<void> {
    await this.manager.update(AppEntity, { id: app.id }, app)
  }

  /** From the first subscription on, the app's group stays. */
  async markRouted(id: string): Promise<void> {
    await this.manager.update(AppEntity, { id, isRouted: false }, { isRouted: true })
  }

  /** With its subscriptions. */
  async delete(id: string): Promise<void> {
    await this.manager.delete(AppEntity, { id })
  }
}
