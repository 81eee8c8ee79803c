import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { HEADER, SCHEMA } from '@hooklane/contracts/public'
import {
  coreTopics,
  decodeQuarantined,
  type AttemptRecord,
  type DeadLetterRecord,
  type QuarantinedRecord,
  type SettlementRecord,
} from '@hooklane/contracts/records'
import type { OutgoingRecord } from '@hooklane/core/kernel'
import { createTestDatabase, type TestDatabase } from '../postgres/test-database.js'
import { KafkaWorld } from '../support/kafka-world.js'
import { ServiceProcess } from '../support/service-process.js'

const RECORDER = fileURLToPath(new URL('../../../dist/recorder.js', import.meta.url))

export interface DeliveryRow {
  readonly day: string
  readonly sequence: number
  readonly status: string
  readonly attempts: number
  readonly reason: string | null
  readonly settled: boolean
  readonly last_status: number | null
}

/** Everything around a recorder: its own topics and database. The test takes the place of the dispatchers. */
export class RecorderWorld {
  readonly #recorders: ServiceProcess[] = []

  private constructor(
    readonly database: TestDatabase,
    readonly kafka: KafkaWorld,
  ) {}

  static async create(): Promise<RecorderWorld> {
    const [database, kafka] = await Promise.all([
      createTestDatabase('recorder'),
      KafkaWorld.create(
        'rc',
        (topics) => coreTopics(topics, 'dev'),
        (topics) => [topics.quarantine],
      ),
    ])
    return new RecorderWorld(database, kafka)
  }

  start(env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
    const recorder = new ServiceProcess(`recorder ${this.#recorders.length + 1}`, RECORDER, {
      KAFKA_BROKERS: this.kafka.brokers.join(','),
      TOPIC_PREFIX: this.kafka.prefix,
      DATABASE_URL: this.database.url,
      ...env,
    })
    this.#recorders.push(recorder)
    return recorder.ready()
  }

  publish(...records: OutgoingRecord[]): Promise<void> {
    return this.kafka.producer.publishAll(records)
  }

  /** The record of a delivery's n-th attempt. By default, the receiver answered 503. */
  attempt(app: string, sequence: number, attempt: number, changes: Partial<AttemptRecord> = {}): OutgoingRecord {
    const value: AttemptRecord = {
      ...identity(app, sequence),
      attempt,
      startedAt: `2026-03-02T10:00:0${attempt}.000Z`,
      durationMs: 12.5,
      request: { method: 'POST', url: 'https://shop.example/hook', headers: { 'x-a': 'b' }, bytes: 2, digest: 'd' },
      response: { status: 503, headers: {}, body: 'busy' },
      error: { code: 'http_503', message: 'busy' },
      decision: 'retry',
      nextAttemptAt: '2026-03-02T10:06:00.000Z',
      status: 'retrying',
      ...changes,
    }
    return this.#record(this.kafka.topics.attempts, SCHEMA.attempt, app, value)
  }

  delivered(app: string, sequence: number, attempt: number, changes: Partial<AttemptRecord> = {}): OutgoingRecord {
    const response = { status: 200, headers: {}, body: 'ok' }
    const outcome = { response, error: null, decision: 'delivered', nextAttemptAt: null, status: 'delivered' }
    return this.attempt(app, sequence, attempt, { ...outcome, ...changes })
  }

  settlement(app: string, sequence: number, status: string, reason: string): OutgoingRecord {
    const value: SettlementRecord = { ...identity(app, sequence), at: '2026-03-02T10:00:00.000Z', status, reason }
    return this.#record(this.kafka.topics.attempts, SCHEMA.settlement, app, value)
  }

  deadLetter(app: string, sequence: number, changes: Partial<DeadLetterRecord> = {}): OutgoingRecord {
    const { attemptId: _, ...delivery } = identity(app, sequence)
    const value: DeadLetterRecord = {
      ...delivery,
      attempts: 3,
      reason: 'http_422',
      at: '2026-03-02T10:00:05.000Z',
      lastError: 'http_422',
      delivery: { data: { sequence } },
      ...changes,
    }
    return this.#record(this.kafka.topics.deadLetters, SCHEMA.deadLetter, app, value)
  }

  /** The same record, but of another incarnation of its company. The number rises when a company is created again. */
  ofIncarnation(companyIncarnation: number, record: OutgoingRecord): OutgoingRecord {
    const value = JSON.parse(String(record.value)) as object
    return { ...record, value: JSON.stringify({ ...value, companyIncarnation }) }
  }

  deliveries(app: string): Promise<DeliveryRow[]> {
    return this.database.query<DeliveryRow>(
      `SELECT day::text, sequence::int, status, attempts, reason, settled_at IS NOT NULL AS settled, last_status
       FROM hooklane.delivery WHERE app_id = $1 ORDER BY sequence`,
      [app],
    )
  }

  /** `<sequence>/<attempt number>` of every attempt in the delivery log. */
  async attempts(app: string): Promise<string[]> {
    const rows = await this.database.query<{ at: string }>(
      `SELECT sequence || '/' || attempt AS at FROM hooklane.attempt WHERE app_id = $1 ORDER BY sequence, attempt, attempt_id`,
      [app],
    )
    return rows.map((row) => row.at)
  }

  quarantined(): QuarantinedRecord[] {
    return this.kafka.records(this.kafka.topics.quarantine).map((record) => {
      const decoded = decodeQuarantined(record.value, record.headers)
      if (!decoded) throw new Error('a record of the quarantine topic cannot be decoded')
      return decoded
    })
  }

  async endAll(signal: 'SIGTERM' | 'SIGKILL'): Promise<(number | null)[]> {
    const codes = await Promise.all(this.#recorders.map((recorder) => recorder.end(signal)))
    this.#recorders.length = 0
    return codes
  }

  async close(): Promise<void> {
    await this.endAll('SIGKILL')
    await this.kafka.close()
    await this.database.drop()
  }

  #record(topic: string, schema: string, app: string, value: object): OutgoingRecord {
    return { topic, key: app, value: JSON.stringify(value), headers: { [HEADER.schema]: schema } }
  }
}

function identity(app: string, sequence: number) {
  return {
    companyId: 'cmp_1',
    appId: app,
    workerGroup: 'shared-webhook',
    subscriptionId: `sub_${app}`,
    subscriptionVersion: '3',
    deliveryId: `msg_${app}_${sequence}`,
    sequence,
    source: { topic: 'events', partition: 0, offset: String(sequence) },
    position: String(sequence).padStart(10, '0'),
    eventId: `evt_${app}_${sequence}`,
    eventType: 'products.updated',
    entity: { type: 'product', id: `prd_${sequence}` },
    routedAt: '2026-03-02T09:59:59.000Z',
    mode: 'live',
    ownerEpoch: '7',
    attemptId: `att_${randomUUID()}`,
  }
}
