import { databaseSettings, kafkaConnection, kafkaSettings, readSettings } from '@hooklane/config'
import { coreTopics, topicNames, workerGroupTopics } from '@hooklane/contracts/records'
import { createKafkaClient, TopicAdmin } from '@hooklane/kafka'
import pg from 'pg'

/*
 * Run by the launcher as a process of its own, after the build and the migration: makes the topics that every system and
 * each of its worker groups has, and refuses a cluster whose existing ones are wrong, one line each.
 */

/** Copies of each partition: never more than there are brokers. */
const MOST_REPLICAS = 3

/** Tells faults only: everything else is the business of the services. */
const logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (/** @type {object} */ _fields, /** @type {string} */ message) => process.stderr.write(`${message}\n`),
}

/**
 * Groups that are in use: not those of deleted apps whose topics go or are gone, nor one that is only reserved.
 *
 * @param {string} databaseUrl
 * @returns {Promise<{ name: string, partitions: number, slots: number }[]>}
 */
async function readWorkerGroups(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(`SET hooklane.scope = 'operator'`)
    const { rows } = await client.query(
      `SELECT name, partitions, slots FROM hooklane.worker_group
       WHERE closed_at IS NULL AND (app_id IS NULL OR ready_at IS NOT NULL) ORDER BY name`,
    )
    return rows
  } finally {
    await client.end()
  }
}

async function main() {
  const settings = readSettings({ ...kafkaSettings, ...databaseSettings })
  const names = topicNames(settings.topicPrefix)
  const groups = await readWorkerGroups(settings.databaseUrl)
  const connection = kafkaConnection(settings)
  const admin = new TopicAdmin(createKafkaClient({ ...connection, clientId: 'hooklane-topics', logger }))
  const create = { replicationFactor: Math.min(MOST_REPLICAS, settings.kafkaBrokers.length), create: true }
  const core = coreTopics(
    names,
    /** @type {import('@hooklane/contracts/records').TopicProfile} */ (settings.topicProfile),
  )
  const groupTopics = groups.flatMap((group) => workerGroupTopics(names, group))
  const isFixed = (/** @type {{ name: string }} */ { name }) => name === names.subscriptions
  const faults = [
    ...(await admin.ensureTopics([...core.filter(isFixed), ...groupTopics], create)),
    // The other counts may differ between installations; what must hold between them may not.
    ...(await admin.ensureTopics(
      core.filter((topic) => !isFixed(topic)),
      { ...create, partitions: 'asFound', relations: [{ topic: names.routerState, as: names.events, how: 'equal' }] },
    )),
  ]
  if (faults.length === 0) return
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
