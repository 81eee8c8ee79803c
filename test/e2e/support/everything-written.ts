import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { coreTopics, topicNames, workerGroupTopics } from '@hooklane/contracts/records'
import { createKafkaClient, lastRecords } from '@hooklane/kafka'
import { Client } from 'pg'
import type { LocalSystem } from './local-system.js'

/** Returns everything that a running system has written to tables, topics, logs and metrics: place (`table …`, `topic …`) → text. */
export async function everythingWritten(system: LocalSystem): Promise<ReadonlyMap<string, string>> {
  const written = [
    ...(await tables(system)),
    ...(await topics(system)),
    ...(await logs(system)),
    ...(await metrics(system)),
  ]
  return new Map(written)
}

type Written = readonly (readonly [place: string, text: string])[]

async function tables({ stack }: LocalSystem): Promise<Written> {
  const client = new Client({ connectionString: stack.databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema LIKE 'hooklane%'`,
    )
    const contents: [string, string][] = []
    for (const { name } of rows) {
      contents.push([`table ${name}`, JSON.stringify((await client.query(`SELECT * FROM ${name}`)).rows)])
    }
    return contents
  } finally {
    await client.end()
  }
}

async function topics({ stack }: LocalSystem): Promise<Written> {
  const client = createKafkaClient({ brokers: [...stack.kafkaBrokers], clientId: 'reads-all', logger: SILENT })
  const names = topicNames('hooklane.')
  const group = { name: 'shared-webhook', partitions: 1, slots: 2 }
  const specs = [...coreTopics(names, 'dev'), ...workerGroupTopics(names, group)]
  return Promise.all(
    specs.map(async ({ name }) => {
      const read = await lastRecords(client, { topic: name, count: ALL, groupPrefix: 'reads-all' })
      const records = [...read.values()].flat()
      const texts = records.map(({ key, value, headers }) =>
        [key, value, ...Object.values(headers)].map(String).join(' '),
      )
      return [`topic ${name}`, texts.join('\n')] as const
    }),
  )
}

const ALL = 1_000_000
const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }

async function logs({ home }: LocalSystem): Promise<Written> {
  const files = await readdir(join(home, 'logs'))
  return Promise.all(
    files.map(async (file) => [`log ${file}`, await readFile(join(home, 'logs', file), 'utf8')] as const),
  )
}

async function metrics({ stack }: LocalSystem): Promise<Written> {
  return Promise.all(
    stack.services.map(
      async ({ name, metricsUrl }) => [`metrics of ${name}`, await (await fetch(metricsUrl)).text()] as const,
    ),
  )
}
