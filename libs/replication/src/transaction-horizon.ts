import { withControlConnection } from './preparation/control-connection.js'
import type { ReplicatedSource } from './replicated-source.js'
import { SourceRefused } from './source-refused.js'

/** Which transactions of a server have ended, by their numbers (`xid8`), at one moment. */
export interface TransactionHorizon {
  /** Every transaction below this number has ended: what it committed stands in the log. */
  readonly endedBelow: bigint
  /** No transaction from this number on has written anything yet. */
  readonly next: bigint
}

/** @throws SourceRefused */
export function readTransactionHorizon(
  { databaseUrl }: ReplicatedSource,
  applicationName: string,
): Promise<TransactionHorizon> {
  return withControlConnection({ databaseUrl, applicationName }, async (client) => {
    const { rows } = await client.query<{ ended_below: string; next: string }>(
      `SELECT pg_snapshot_xmin(s)::text AS ended_below, pg_snapshot_xmax(s)::text AS next FROM pg_current_snapshot() AS s`,
    )
    const row = rows[0]
    if (!row) throw new SourceRefused('DATABASE_ERROR', 'PostgreSQL does not say which transactions are open')
    return { endedBelow: BigInt(row.ended_below), next: BigInt(row.next) }
  })
}
