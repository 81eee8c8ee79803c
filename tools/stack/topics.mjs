import { databaseSettings, kafkaConnection, kafkaSettings, readSettings } from '@hooklane/config'
import { coreTopics, topicNames, workerGroupTopics } from '@hooklane/contracts/records'
import { createKafkaClient, TopicAdmin } from '@hooklane/kafka'
import pg from 'pg'

/*
 * The launcher runs this program as a process of its own, after the build and the migration. It creates the topics of the
 * system and of each of its worker groups. When existing topics are wrong, it prints one line for each and fails.
 */

/** The replication factor, unless there are fewer brokers. */
const MAX_REPLICAS = 3

/** Prints errors only: the services log everything else. */
const logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (/** @type {object} */ _fields, /** @type {string} */ message) => process.stderr.write(`${message}\n`),
}

/**
 * Reads the worker groups in use. Leaves out the groups of deleted apps, whose topics are being or were removed, and groups that are
 * reserved but not used yet.
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
  const create = { replicationFactor: Math.min(MAX_REPLICAS, settings.kafkaBrokers.length), create: true }
  const core = coreTopics(
    names,
    /** @type {import('@hooklane/contracts/records').TopicProfile} */ (settings.topicProfile),
  )
  const groupTopics = groups.flatMap((group) => workerGroupTopics(names, group))
  const isFixed = (/** @type {{ name: string }} */ { name }) => name === names.subscriptions
  const faults = [
    ...(await admin.ensureTopics([...core.filter(isFixed), ...groupTopics], create)),
    // Each installation may choose the partition counts of these topics, but `relations` must hold.
    ...(await admin.ensureTopics(
      core.filter((topic) => !isFixed(topic)),
      {
        ...create,
        partitions: 'asFound',
        relations: [{ topic: names.routerState, reference: names.events, how: 'equal' }],
      },
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
