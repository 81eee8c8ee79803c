import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decoderOf, EventSchema, type EntityEvent } from '@hooklane/contracts/public'
import { coreTopics, topicNames, type TopicNames } from '@hooklane/contracts/records'
import type { LogRecord } from '@hooklane/core/kernel'
import { createKafkaClient, KafkaLogConsumer, lastRecords, TopicAdmin, type KafkaClient } from '@hooklane/kafka'
import { migrate } from '@hooklane/postgres'
import pg from 'pg'
import { createEmptyDatabase, type TestDatabase } from '../postgres/test-database.js'
import { makeTopics } from '../support/make-topics.js'
import { eventually } from './eventually.js'
import { ProducerProcess } from './producer-process.js'

const quiet = (): void => undefined
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const decodeEvent = decoderOf(EventSchema)

export interface SourceText {
  readonly name: string
  readonly epoch?: number
  /** The name of the environment variable that holds the URL. */
  readonly url?: string
  readonly table?: string
  readonly id?: string
  /** Further members of the table's entry, for example `, key: sku`. */
  readonly more?: string
}

/** For tests that wait for a check of the source. Each check opens a connection, so a shorter interval would keep the processor busy. */
export const FREQUENT_CHECKS = { CAPTURE_CHECK_MS: '1000' }

/** The database of a PIM, Hooklane's own database, topics under a random prefix, and a reader of the published records. */
export class CaptureWorld {
  readonly prefix: string
  readonly topics: TopicNames
  readonly records: LogRecord[] = []
  readonly #events: EntityEvent[] = []
  #decoded = 0
  readonly #client: KafkaClient
  readonly #producers: ProducerProcess[] = []
  readonly #sessions: pg.Client[] = []
  #reader: KafkaLogConsumer | null = null

  private constructor(
    readonly pim: TestDatabase,
    readonly own: TestDatabase,
    readonly directory: string,
  ) {
    this.prefix = `ep${randomUUID().slice(0, 8)}.`
    this.topics = topicNames(this.prefix)
    this.#client = createKafkaClient({ brokers: brokers(), clientId: 'checker', logger: SILENT })
  }

  /** @param serverUrl the server for both databases; default: the server that all tests share */
  static async create(serverUrl?: string): Promise<CaptureWorld> {
    const [pim, own] = await Promise.all([createEmptyDatabase('pim', serverUrl), createEmptyDatabase('own', serverUrl)])
    await migrate(own.url)
    const world = new CaptureWorld(pim, own, await mkdtemp(join(tmpdir(), 'capture-')))
    await world.makeTopics()
    await world.#read()
    return world
  }

  /** The name of the slot and of the publication of a source. */
  slotOf(source: string): string {
    return `${this.prefix.replace(/[^a-z0-9_]/g, '_')}${source}`
  }

  async makeTopics(): Promise<void> {
    const specs = coreTopics(this.topics, 'dev').filter(({ name }) =>
      [this.topics.events, this.topics.subscriptions].includes(name),
    )
    await makeTopics(this.#client, specs)
  }

  /** Writes the whole capture file. */
  async captureText(text: string): Promise<void> {
    await writeFile(join(this.directory, 'capture.yaml'), text)
  }

  /** Writes a capture file with one source. @param tables the part of the file below `tables:`, as YAML without indentation */
  async capture(tables: string, source = 'company: { column: company_id }'): Promise<void> {
    const indented = tables.trim().replace(/^/gm, '      ')
    await writeFile(
      join(this.directory, 'capture.yaml'),
      `sources:\n  - name: pim\n    database: \${PIM_URL}\n${source.trim().replace(/^/gm, '    ')}\n    tables:\n${indented}\n`,
    )
  }

  /** Writes a capture file with several sources. By default, each source captures one table of its own name. */
  async captureSources(sources: readonly SourceText[]): Promise<void> {
    const texts = sources.map(({ name, epoch = 1, url = 'PIM_URL', table = name, id = 'id', more = '' }) =>
      [
        `  - name: ${name}`,
        `    database: \${${url}}`,
        `    epoch: ${epoch}`,
        `    company: { column: company_id }`,
        `    tables:`,
        `      public.${table}: { resource: ${name}, entity: thing, id: ${id}${more} }\n`,
      ].join('\n'),
    )
    await writeFile(join(this.directory, 'capture.yaml'), `sources:\n${texts.join('')}`)
  }

  start(env: NodeJS.ProcessEnv = {}): ProducerProcess {
    const producer = new ProducerProcess({
      KAFKA_BROKERS: brokers().join(','),
      TOPIC_PREFIX: this.prefix,
      DATABASE_URL: this.own.url,
      PIM_URL: this.pim.url,
      CAPTURE_FILE: join(this.directory, 'capture.yaml'),
      SPOOL_DIR: this.directory,
      ...env,
    })
    this.#producers.push(producer)
    return producer
  }

  /** Starts an event-producer without a capture file. */
  startWithoutCapture(): ProducerProcess {
    return this.start({ CAPTURE_FILE: undefined })
  }

  /** Opens another connection to the PIM's database, for overlapping transactions. */
  async session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.pim.url })
    client.on('error', quiet)
    await client.connect()
    this.#sessions.push(client)
    return client
  }

  /** All events so far, in the order of their positions. Each event is checked against its schema. */
  events(): EntityEvent[] {
    if (this.#decoded < this.records.length) this.#decodeNew()
    return [...this.#events]
  }

  eventRecords(): LogRecord[] {
    return this.records.filter((record) => record.topic === this.topics.events)
  }

  /** The entity ids of a source's events, in the order of the events. */
  idsOf(source: string): string[] {
    return this.events()
      .filter((event) => event.producer === source && event.revision !== null)
      .map((event) => event.entity.id)
  }

  /** Waits until there are at least `count` events, and returns all events. */
  async eventsAfter(count: number, withinMs = 45_000): Promise<EntityEvent[]> {
    return eventually(() => {
      const events = this.events()
      if (events.length < count)
        throw new Error(`${events.length} of ${count} events: ${JSON.stringify(events.map((e) => e.type))}`)
      return events
    }, withinMs)
  }

  /** Waits until there is an event that matches, and returns all events. */
  async eventsUntil(isLast: (event: EntityEvent) => boolean, withinMs = 120_000): Promise<EntityEvent[]> {
    return eventually(() => {
      const events = this.events()
      if (!events.some(isLast)) throw new Error(`not among ${events.length} events`)
      return events
    }, withinMs)
  }

  /** The number of transactions that the source's slot still holds, because they were not acknowledged. */
  async unacknowledged(source = 'pim'): Promise<number> {
    const rows = await this.pim.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_logical_slot_peek_binary_changes($1, NULL, NULL, 'proto_version', '1', 'publication_names', $2)
       WHERE get_byte(data, 0) = ascii('C')`,
      [this.slotOf(source), this.slotOf(source)],
    )
    return Number(rows[0]?.n)
  }

  async lagBytes(source = 'pim'): Promise<number> {
    const rows = await this.pim.query<{ lag: string }>(
      `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS lag FROM pg_replication_slots WHERE slot_name = $1`,
      [this.slotOf(source)],
    )
    return Number(rows[0]?.lag)
  }

  /** The records that a topic holds now, read by a new consumer. */
  async readFromStart(topic: string): Promise<LogRecord[]> {
    const partitions = await lastRecords(this.#client, { topic, count: 10_000, groupPrefix: `${this.prefix}again` })
    return [...partitions.values()].flat()
  }

  async deleteTopic(topic: string): Promise<void> {
    await new TopicAdmin(this.#client).deleteTopics([topic])
  }

  async close(): Promise<void> {
    await Promise.all(this.#producers.map((producer) => producer.end('SIGKILL')))
    await Promise.all(this.#sessions.map((session) => session.end()))
    await this.#reader?.stop()
    await new TopicAdmin(this.#client).deleteTopics([this.topics.events, this.topics.subscriptions])
    for (const database of [this.pim, this.own]) await dropWithSlots(database)
    await rm(this.directory, { recursive: true })
  }

  /** Decodes only new records, because tests poll every few milliseconds while tens of thousands of events arrive. */
  #decodeNew(): void {
    for (; this.#decoded < this.records.length; this.#decoded++) {
      const record = this.records[this.#decoded]
      if (record?.topic !== this.topics.events) continue
      const decoded = decodeEvent(record.value)
      if (!decoded.ok) throw new Error(decoded.reason)
      this.#events.push(decoded.value)
    }
    this.#events.sort((a, b) => comparePositions(a.revision?.id ?? '', b.revision?.id ?? ''))
  }

  async #read(): Promise<void> {
    this.#reader = new KafkaLogConsumer(this.#client, {
      group: `${this.prefix}checker`,
      topics: [this.topics.events, this.topics.subscriptions],
      maxWaitMs: 500,
      maxBytesPerPartition: 8 * 1024 * 1024,
    })
    const next = new Map<string, bigint>()
    const keyOf = (at: { topic: string; partition: number }) => `${at.topic}/${at.partition}`
    await this.#reader.start({
      onAssigned: (assigned, control) => {
        for (const at of assigned) control.seek(at, next.get(keyOf(at)) ?? 0n)
      },
      onBatch: (batch) => {
        const from = next.get(keyOf(batch)) ?? 0n
        this.records.push(...batch.records.filter((record) => record.offset >= from))
        if (batch.endOffset > from) next.set(keyOf(batch), batch.endOffset)
      },
      onCrash: quiet,
    })
  }
}

/** Drops a database. Drops its replication slots first, because PostgreSQL drops no database that has a slot. */
export async function dropWithSlots(database: TestDatabase): Promise<void> {
  await eventually(() =>
    database.query(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()`,
    ),
  )
  await database.drop()
}

const comparePositions = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const brokers = (): string[] => {
  const named = (process.env.KAFKA_BROKERS ?? '').split(',').filter((broker) => broker !== '')
  if (named.length === 0) throw new Error('KAFKA_BROKERS names no broker: run the suite with npm run test:integration')
  return named
}
