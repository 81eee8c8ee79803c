import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { CaptureFile } from '../capture-file.mjs'
import { migrateDatabase } from '../../stack/database.mjs'
import { createStatements, FIRST_PARTITIONS, TABLES } from '../pim/tables.mjs'
import { connectTo, urlOf, withConnection } from './connections.mjs'
import { HistoryReader } from './history-reader.mjs'
import { KafkaProxy } from './kafka-proxy.mjs'
import { Supervisor } from './supervisor.mjs'
import { TopicReader } from './topic-reader.mjs'

export const SOURCE = 'pim'
export const COMPANIES = ['cmp_a', 'cmp_b', 'cmp_c', 'cmp_d']
const PARTITIONS = 6
/** How often the event-producer checks the catalogue. With the default of this setting, a short run would mostly wait. */
const CHECK_MS = 1_000

/**
 * Creates the databases, topics and readers of one run, all under random names. `remove` deletes the databases and the topics.
 *
 * @typedef {Awaited<ReturnType<typeof createWorld>>} World
 *
 * @param {{ serverUrl: string, brokers: string[], dir: string, env: NodeJS.ProcessEnv }} options
 */
export async function createWorld({ serverUrl, brokers, dir, env }) {
  const name = `cv${randomBytes(4).toString('hex')}`
  const prefix = `${name}.`
  const token = `secret-of-${name}`
  const slot = `${name}_${SOURCE}`
  const [pimUrl, ownUrl] = [urlOf(serverUrl, `${name}_pim`), urlOf(serverUrl, `${name}_own`)]
  const kafka = new kafkajs.Kafka({ clientId: 'capture-verify', brokers, logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topic = `${prefix}events`
  await admin.createTopics({
    topics: [
      { topic, numPartitions: PARTITIONS },
      {
        topic: `${prefix}subscriptions`,
        numPartitions: 1,
        configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ],
  })
  await createDatabases(serverUrl, { name, ownUrl, pimUrl, env })
  const proxy = await proxyFor(admin)
  const control = await connectTo(pimUrl, { name: 'capture-verify control' })
  const history = new HistoryReader(await connectTo(pimUrl, { name: 'capture-verify judge' }), {
    slot: `${name}_judge`,
    path: join(dir, 'history.ndjson'),
  })
  const reader = new TopicReader(kafka, { topic, group: `${prefix}judge`, path: join(dir, 'records.ndjson') })
  const file = new CaptureFile(join(dir, 'capture.yaml'), SOURCE)
  const endOffsets = async () =>
    Object.fromEntries((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]))
  const supervisor = new Supervisor({
    file,
    endOffsets,
    endLsn: async () => (await control.query('SELECT pg_current_wal_insert_lsn()::text AS lsn')).rows[0].lsn,
    logFile: join(dir, 'event-producer.log'),
    environment: () => ({
      KAFKA_BROKERS: proxy?.address ?? brokers.join(','),
      TOPIC_PREFIX: prefix,
      DATABASE_URL: ownUrl,
      PIM_URL: pimUrl,
      CAPTURE_FILE: file.path,
      SPOOL_DIR: dir,
      CAPTURE_CHECK_MS: String(CHECK_MS),
    }),
  })
  return {
    token,
    slot,
    publication: slot,
    pimUrl,
    ownUrl,
    file,
    proxy,
    control,
    history,
    reader,
    supervisor,
    endOffsets,
    /** Ends the event-producer, the proxy and the connections. */
    stop: async () => {
      await supervisor.stop('SIGKILL')
      await proxy?.stop()
      await Promise.allSettled([control.end(), admin.disconnect()])
    },
    /** Removes the databases, slots and topics of the run from the servers. */
    remove: () => removeAll(serverUrl, { kafka, name, topics: [topic, `${prefix}subscriptions`] }),
  }
}

/** @param {string} serverUrl @param {{ name: string, ownUrl: string, pimUrl: string, env: NodeJS.ProcessEnv }} options */
async function createDatabases(serverUrl, { name, ownUrl, pimUrl, env }) {
  await withConnection(serverUrl, async (client) => {
    for (const database of ['pim', 'own']) await client.query(`CREATE DATABASE ${name}_${database}`)
  })
  await migrateDatabase({ databaseUrl: ownUrl, env })
  await withConnection(ownUrl, async (client) => {
    await client.query(`SET hooklane.scope = 'operator'`)
    const company = `INSERT INTO hooklane.configuration (key, kind, version, body)
      VALUES ('company:' || $1, 'company', nextval('hooklane.configuration_version'), json_build_object('id', $1::text, 'name', 'n')::text)`
    for (const id of COMPANIES) await client.query(company, [id])
  })
  await withConnection(pimUrl, async (client) => {
    for (const statement of TABLES.flatMap(createStatements)) await client.query(statement)
    for (const { name: partition, parent, bounds, tail } of FIRST_PARTITIONS) {
      await client.query(`CREATE TABLE public.${partition} PARTITION OF public.${parent} FOR VALUES ${bounds} ${tail}`)
      await client.query(`ALTER TABLE public.${partition} REPLICA IDENTITY FULL`)
    }
  })
}

/**
 * Puts a proxy in front of the broker, if clients can be redirected to the proxy: that works only for a single broker on this machine.
 * Otherwise returns null.
 *
 * @param {import('kafkajs').Admin} admin
 */
async function proxyFor(admin) {
  const { brokers } = await admin.describeCluster()
  const [broker] = brokers
  if (!broker || brokers.length > 1 || !KafkaProxy.canStandFor(broker.host)) return null
  const proxy = new KafkaProxy(broker)
  await proxy.start()
  return proxy
}

/** @param {string} serverUrl @param {{ kafka: import('kafkajs').Kafka, name: string, topics: string[] }} options */
async function removeAll(serverUrl, { kafka, name, topics }) {
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics })
  await admin.disconnect()
  for (const database of [`${name}_pim`, `${name}_own`]) {
    await withConnection(urlOf(serverUrl, database), async (client) => {
      const mine = `FROM pg_replication_slots WHERE database = current_database()`
      await client.query(`SELECT pg_terminate_backend(active_pid) ${mine} AND active_pid IS NOT NULL`)
      await client.query(`SELECT pg_drop_replication_slot(slot_name) ${mine} AND NOT active`)
    })
    await withConnection(serverUrl, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`))
  }
}
