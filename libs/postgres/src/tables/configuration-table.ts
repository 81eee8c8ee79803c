import type { ConfigurationKind } from '@hooklane/contracts/records'
import type { EntityManager } from 'typeorm'

/**
 * The configuration that is published to the delivery path. Rows are written in the transaction of each change; change capture publishes
 * them to Kafka.
 * Order matters: `nextval` is evaluated while the row is locked (in the conflict branch). So of two writers of the same key, the later one
 * gets the higher version. A removal first updates the version: the DELETE writes the old row to the write-ahead log, and this row then has
 * a new version.
 */
export class ConfigurationTable {
  constructor(private readonly manager: EntityManager) {}

  /** @param body must match the schema that `libs/contracts` defines for this kind */
  async put(kind: ConfigurationKind, id: string, body: object): Promise<void> {
    await this.manager.query(
      `INSERT INTO hooklane.configuration (key, kind, version, body)
       VALUES ($1, $2, nextval('hooklane.configuration_version'), $3)
       ON CONFLICT (key) DO UPDATE SET version = nextval('hooklane.configuration_version'), body = EXCLUDED.body`,
      [`${kind}:${id}`, kind, JSON.stringify(body)],
    )
  }

  /** Removes the company, its apps and their subscriptions. */
  async removeCompany(id: string): Promise<void> {
    await this.remove(
      `key = 'company:' || $1 OR (kind IN ('app', 'subscription') AND body::jsonb ->> 'companyId' = $1)`,
      id,
    )
  }

  /** Removes the app and its subscriptions. */
  async removeApp(id: string): Promise<void> {
    await this.remove(`key = 'app:' || $1 OR (kind = 'subscription' AND body::jsonb ->> 'appId' = $1)`, id)
  }

  async removeSubscription(id: string): Promise<void> {
    await this.remove(`key = 'subscription:' || $1`, id)
  }

  /** Removes the given ids. Ids without a row are ignored. */
  async removeAll(kind: ConfigurationKind, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.remove(
      'key = ANY ($1::text[])',
      ids.map((id) => `${kind}:${id}`),
    )
  }

  /** @param condition SQL text; must be a constant of this file */
  private async remove(condition: string, value: string | readonly string[]): Promise<void> {
    await this.manager.query(
      `UPDATE hooklane.configuration SET version = nextval('hooklane.configuration_version') WHERE ${condition}`,
      [value],
    )
    await this.manager.query(`DELETE FROM hooklane.configuration WHERE ${condition}`, [value])
  }
}
