import type { ConfigurationKind } from '@hooklane/contracts/records'
import type { EntityManager } from 'typeorm'

/**
 * What the delivery path is told. Written in the transaction of each change; change capture carries it to Kafka.
 * Order matters: `nextval` is evaluated under the row's lock (in the conflict branch), so of two writers of one key the later one has
 * the higher version. A removal takes a version too, which the deleted row's image carries.
 */
export class ConfigurationTable {
  constructor(private readonly manager: EntityManager) {}

  /** @param body as the contracts' schema of the kind says */
  async put(kind: ConfigurationKind, id: string, body: object): Promise<void> {
    await this.manager.query(
      `INSERT INTO hooklane.configuration (key, kind, version, body)
       VALUES ($1, $2, nextval('hooklane.configuration_version'), $3)
       ON CONFLICT (key) DO UPDATE SET version = nextval('hooklane.configuration_version'), body = EXCLUDED.body`,
      [`${kind}:${id}`, kind, JSON.stringify(body)],
    )
  }

  /** The company, its apps and their subscriptions. */
  async removeCompany(id: string): Promise<void> {
    await this.remove(
      `key = 'company:' || $1 OR (kind IN ('app', 'subscription') AND body::jsonb ->> 'companyId' = $1)`,
      id,
    )
  }

  /** The app and its subscriptions. */
  async removeApp(id: string): Promise<void> {
    await this.remove(`key = 'app:' || $1 OR (kind = 'subscription' AND body::jsonb ->> 'appId' = $1)`, id)
  }

  async removeSubscription(id: string): Promise<void> {
    await this.remove(`key = 'subscription:' || $1`, id)
  }

  /** What is there of the given ones. */
  async removeAll(kind: ConfigurationKind, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.remove(
      'key = ANY ($1::text[])',
      ids.map((id) => `${kind}:${id}`),
    )
  }

  /** @param condition a constant of this file */
  private async remove(condition: string, value: string | readonly string[]): Promise<void> {
    await this.manager.query(
      `UPDATE hooklane.configuration SET version = nextval('hooklane.configuration_version') WHERE ${condition}`,
      [value],
    )
    await this.manager.query(`DELETE FROM hooklane.configuration WHERE ${condition}`, [value])
  }
}
