import type { EntityManager } from 'typeorm'
import { EventTypeEntity } from '../entities/event-type.entity.js'
import { cut, type Page, type PageRequest } from './page.js'

/** The catalogue of event types. The event-producer and `migrate` fill it; the API reads it. */
export class EventTypeTable {
  constructor(private readonly manager: EntityManager) {}

  find(name: string): Promise<EventTypeEntity | null> {
    return this.manager.findOneBy(EventTypeEntity, { name })
  }

  /** Sorted by name. */
  async page(page: PageRequest<{ readonly name: string }>): Promise<Page<EventTypeEntity, { readonly name: string }>> {
    const query = this.manager
      .createQueryBuilder(EventTypeEntity, 'type')
      .orderBy('type.name')
      .limit(page.limit + 1)
    if (page.after) query.where('type.name > :name', { name: page.after.name })
    return cut(await query.getMany(), page.limit, ({ name }) => ({ name }))
  }

  async names(): Promise<readonly string[]> {
    const rows = await this.manager
      .createQueryBuilder(EventTypeEntity, 'type')
      .select('type.name', 'name')
      .getRawMany<{ name: string }>()
    return rows.map((row) => row.name)
  }
}
