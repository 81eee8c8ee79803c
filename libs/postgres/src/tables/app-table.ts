import type { EntityManager } from 'typeorm'
import { AppEntity } from '../entities/app.entity.js'
import { pageByCreation, type CreationCursor, type Page, type PageRequest } from './page.js'

export class AppTable {
  constructor(private readonly manager: EntityManager) {}

  find(id: string): Promise<AppEntity | null> {
    return this.manager.findOneBy(AppEntity, { id })
  }

  /** Reads the app and locks it until the transaction ends. */
  lock(id: string): Promise<AppEntity | null> {
    return this.manager.findOne(AppEntity, { where: { id }, lock: { mode: 'pessimistic_write' } })
  }

  page(page: PageRequest<CreationCursor>): Promise<Page<AppEntity, CreationCursor>> {
    return pageByCreation(this.manager.createQueryBuilder(AppEntity, 'app'), page)
  }

  async insert(app: AppEntity): Promise<void> {
    await this.manager.insert(AppEntity, app)
  }

  async update(app: AppEntity): Promise<void> {
    await this.manager.update(AppEntity, { id: app.id }, app)
  }

  /** Marks an app that gets its first subscription: from then on its worker group cannot change. */
  async markRouted(id: string): Promise<void> {
    await this.manager.update(AppEntity, { id, isRouted: false }, { isRouted: true })
  }

  /** Deletes the app, its subscriptions and its API keys. */
  async delete(id: string): Promise<void> {
    await this.manager.delete(AppEntity, { id })
  }
}
