import { PARTITIONS, type TopicProfile } from '@hooklane/contracts/records'
import { readFileSync } from 'node:fs'
import { migrate } from '../migrations/migrate.js'

/** `node dist/migrate.js`: migrates the database at DATABASE_URL (or at the URL in the file DATABASE_URL_FILE). */
async function main(): Promise<void> {
  const { DATABASE_URL, DATABASE_URL_FILE, TOPIC_PROFILE = 'dev' } = process.env
  const url = DATABASE_URL ?? (DATABASE_URL_FILE ? readFileSync(DATABASE_URL_FILE, 'utf8').trim() : undefined)
  if (!url) throw new Error('DATABASE_URL is required: the URL of the database `hooklane` (postgres://…)')
  if (!(TOPIC_PROFILE in PARTITIONS)) throw new Error(`TOPIC_PROFILE=${TOPIC_PROFILE}: must be dev or prod`)
  await migrate(url, {
    profile: TOPIC_PROFILE as TopicProfile,
    log: (line) => process.stdout.write(`migrate: ${line}\n`),
  })
}

try {
  await main()
} catch (error) {
  process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
