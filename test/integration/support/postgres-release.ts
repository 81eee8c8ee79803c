import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../../../tools/stack/postgres.mjs'

/** The oldest release that can be captured, the last release whose WAL lacks generated columns, and the newest release. */
export const RELEASES = [15, 17, 18] as const
export type Release = (typeof RELEASES)[number]

/** A PostgreSQL server of one release, for use by a test. */
export interface PostgresRelease {
  /** Connects as a superuser. */
  readonly url: string
  stop(): Promise<void>
}

/** For release 18, returns the server that all tests share. For other releases, starts a server that only this test uses. */
export async function startRelease(release: Release): Promise<PostgresRelease> {
  const shared = process.env.DATABASE_URL
  if (release === 18 && shared) return { url: shared, stop: () => Promise.resolve() }
  const directory = await mkdtemp(join(tmpdir(), `hl-postgres-${release}-`))
  const { url, stop } = await startPostgres({ dataDir: join(directory, 'postgres'), release })
  return {
    url,
    stop: async () => {
      await stop()
      await rm(directory, { recursive: true })
    },
  }
}
