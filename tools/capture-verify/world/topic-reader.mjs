import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

/** The transaction that an event names of itself. */
const TRANSACTION = /"transaction":\{"id":"(\d+)"/

/** Writes every record of the topic into a file, in the order of each partition, and counts what is there. */
export class TopicReader {
  records = 0
  /** Transaction → events of it. @type {Map<string, number>} */
  eventsOf = new Map()
  /** Position headers by beacon id: see `sawBeacon`. @type {Set<string>} */
  #beacons = new Set()
  /** Partition → offset behind the last record that was read. @type {Map<number, bigint>} */
  #next = new Map()
  #consumer
  #file
  #topic

  /** @param {import('kafkajs').Kafka} kafka @param {{ topic: string, group: string, path: string }} options */
  constructor(kafka, { topic, group, path }) {
    this.#topic = topic
    this.#file = createWriteStream(path)
    this.#consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 50, maxBytesPerPartition: 8 * 1024 * 1024 })
  }

  async start() {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true })
    const joined = new Promise((resolve) => this.#consumer.on(this.#consumer.events.GROUP_JOIN, resolve))
    await this.#consumer.run({
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) this.#take(batch.partition, message)
      },
    })
    await joined
  }

  /** Whether the event of a beacon has come: everything of its company before it is there as well. @param {string} company @param {string} id */
  sawBeacon(company, id) {
    return this.#beacons.has(`${company} ${id}`)
  }

  /** @param {Readonly<Record<string, string>>} ends - Partition → end of the topic. */
  hasReached(ends) {
    return Object.entries(ends).every(([partition, end]) => BigInt(end) <= (this.#next.get(Number(partition)) ?? 0n))
  }

  async stop() {
    await this.#consumer.disconnect()
    this.#file.end()
    await once(this.#file, 'close')
  }

  /** @param {number} partition @param {import('kafkajs').KafkaMessage} message */
  #take(partition, { offset, key, value, headers }) {
    const from = this.#next.get(partition) ?? 0n
    if (BigInt(offset) < from) return
    this.#next.set(partition, BigInt(offset) + 1n)
    this.records += 1
    const text = value?.toString() ?? ''
    const position = headers?.['hooklane-position']?.toString() ?? null
    const names = Object.fromEntries(Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]))
    this.#file.write(
      `${JSON.stringify({ partition, offset, key: key?.toString() ?? null, position, headers: names, value: text })}\n`,
    )
    const xid = TRANSACTION.exec(text)?.[1]
    if (xid !== undefined) this.eventsOf.set(xid, (this.eventsOf.get(xid) ?? 0) + 1)
    if (text.includes('"type":"beacons.')) {
      const { companyId, entity } = JSON.parse(text)
      this.#beacons.add(`${companyId} ${entity.id}`)
    }
  }
}
