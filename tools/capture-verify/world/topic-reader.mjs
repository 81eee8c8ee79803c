import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

/** Finds the id of the transaction in an event. */
const TRANSACTION = /"transaction":\{"id":"(\d+)"/

/** Writes every record of the topic to one file (records of the same partition in their order), and counts records and events. */
export class TopicReader {
  records = 0
  /** Transaction id → how many of its events were read. @type {Map<string, number>} */
  eventsOf = new Map()
  /** `<company> <beacon id>` of every beacon event that was read: see `sawBeacon`. @type {Set<string>} */
  #beacons = new Set()
  /** Partition → the offset after the last record that was read. @type {Map<number, bigint>} */
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

  /**
   * Whether the event of a beacon was read. If it was, all earlier events of its company were read, too. A beacon is a row that a checkpoint
   * inserts, to see how far the event-producer has read.
   *
   * @param {string} company
   * @param {string} id
   */
  sawBeacon(company, id) {
    return this.#beacons.has(`${company} ${id}`)
  }

  /** @param {Readonly<Record<string, string>>} ends - Partition → end offset. */
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
    const headerTexts = Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]),
    )
    this.#file.write(
      `${JSON.stringify({ partition, offset, key: key?.toString() ?? null, position, headers: headerTexts, value: text })}\n`,
    )
    const xid = TRANSACTION.exec(text)?.[1]
    if (xid !== undefined) this.eventsOf.set(xid, (this.eventsOf.get(xid) ?? 0) + 1)
    if (text.includes('"type":"beacons.')) {
      const { companyId, entity } = JSON.parse(text)
      this.#beacons.add(`${companyId} ${entity.id}`)
    }
  }
}
