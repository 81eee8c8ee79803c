import { IsNull, type EntityManager } from 'typeorm'
import { ApiKeyEntity } from '../entities/api-key.entity.js'
import { pageByCreation, type CreationCursor, type Page, type PageRequest } from './page.js'

export class ApiKeyTable {
  constructor(private readonly manager: EntityManager) {}

  /** Reads a key with its digest, to check it. Must run in the scope `apiKey`. */
  findForCheck(id: string): Promise<ApiKeyEntity | null> {
    return this.manager
      .createQueryBuilder(ApiKeyEntity, 'key')
      .addSelect('key.digest')
      .where('key.id = :id', { id })
      .getOne()
  }

  find(id: string): Promise<ApiKeyEntity | null> {
    return this.manager.findOneBy(ApiKeyEntity, { id })
  }

  page(page: PageRequest<CreationCursor>): Promise<Page<ApiKeyEntity, CreationCursor>> {
    return pageByCreation(this.manager.createQueryBuilder(ApiKeyEntity, 'api_key'), page)
  }

  async insert(key: ApiKeyEntity): Promise<void> {
    await this.manager.insert(ApiKeyEntity, key)
  }

  /** A key that is already revoked keeps its `revokedAt`. */
  async revoke(id: string, at: Date): Promise<void> {
    await this.manager.update(ApiKeyEntity, { id, revokedAt: IsNull() }, { revokedAt: at })
  }
}
