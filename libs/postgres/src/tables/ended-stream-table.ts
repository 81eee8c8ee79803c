import { endedStreamId } from '@hooklane/contracts/records'
import type { EntityManager } from 'typeorm'

/** One app, or all apps of a company. */
export type AppSelection = { readonly appId: string } | { readonly companyId: string }

/** Maximum number of streams per call of `takeSettled`. */
const BATCH = 1_000

/** Streams of deleted apps. A row exists from the deletion of the app until all deliveries that were routed to it are settled. */
export class EndedStreamTable {
  constructor(private readonly manager: EntityManager) {}

  /**
   * Ends the streams of apps that are about to be deleted. Records the worker group of their deliveries, also in the configuration, and
   * ends their dedicated groups. An app that never had a subscription gets no ended stream, because it never had a delivery.
   * Order matters: call it after the apps were removed from the configuration. Then a process that reads the end of a stream has already
   * read the deletion of the app.
   */
  async end(apps: AppSelection): Promise<void> {
    const [column, id] = 'appId' in apps ? ['id', apps.appId] : ['company_id', apps.companyId]
    await this.manager.query(
      `WITH noted AS (
         INSERT INTO hooklane.ended_stream (app_id, epoch, company_id, worker_group)
         SELECT id, epoch, company_id, worker_group FROM hooklane.app WHERE ${column} = $1 AND is_routed
         RETURNING *)
       INSERT INTO hooklane.configuration (key, kind, version, body)
       SELECT 'endedStream:' || app_id || '/' || epoch, 'endedStream', nextval('hooklane.configuration_version'),
         json_build_object('appId', app_id, 'companyId', company_id, 'epoch', epoch, 'workerGroup', worker_group)::text
       FROM noted`,
      [id],
    )
    await this.manager.query(
      `UPDATE hooklane.worker_group SET ended_at = now()
       WHERE ended_at IS NULL AND app_id IN (SELECT id FROM hooklane.app WHERE ${column} = $1)`,
      [id],
    )
  }

  /** Deletes the rows of settled streams. Returns their ids in the configuration, which must be removed in the same transaction. */
  async takeSettled(): Promise<readonly string[]> {
    const rows = await this.manager.query<{ appId: string; epoch: number }[]>(
      `WITH settled AS (
         SELECT app_id, epoch FROM hooklane.ended_stream WHERE settled_at IS NOT NULL LIMIT $1 FOR UPDATE SKIP LOCKED),
       gone AS (
         DELETE FROM hooklane.ended_stream s USING settled WHERE (s.app_id, s.epoch) = (settled.app_id, settled.epoch)
         RETURNING s.app_id, s.epoch)
       SELECT app_id AS "appId", epoch FROM gone`,
      [BATCH],
    )
    return rows.map(endedStreamId)
  }
}
