import { describe, expect, it } from '@jest/globals'
import { formatPosition, partitionOfKey, SourceReader, type CaptureSource, type OutgoingRecord } from '@hooklane/core'
import type { ReadCaptureMark } from '@hooklane/postgres'
import { ChangesMissing, type ReplicatedSource } from '@hooklane/replication'
import { MarkKeeper, type MarkStore } from '../publishing/mark-keeper.js'
import { OrderedPublisher } from '../publishing/ordered-publisher.js'
import { isPublished, type KnownPosition, type PublishedEvent } from '../publishing/published-positions.js'
import { CapturedSource } from './captured-source.js'

const TABLES = new Map([['public.item', 16_400]])
const PARTITIONS = 2

const sourceOf = (epoch: number): CaptureSource => ({
  name: 'pim',
  database: 'postgres://db/pim',
  epoch,
  company: { kind: 'column', column: 'company' },
  timezone: 'UTC',
  slot: 's',
  publication: 'p',
  tables: [
    {
      schema: 'public',
      table: 'item',
      resource: 'items',
      entity: 'item',
      id: ['id'],
      key: null,
      url: null,
      version: null,
      ignore: [],
      omit: [],
      json: [],
      deleted: null,
      when: [],
      actor: null,
    },
  ],
})

const replicated: ReplicatedSource = {
  name: 'pim',
  databaseUrl: 'postgres://db/pim',
  slot: 's',
  publication: 'p',
  tables: [{ schema: 'public', table: 'item', columns: ['id', 'company'], id: ['id'] }],
  resetInstructions: 'start over',
}

const TEXT = 25
const relation = {
  schema: 'public',
  table: 'item',
  replicaIdentity: 'full' as const,
  columns: ['id', 'company'].map((name) => ({ name, typeOid: TEXT, typeModifier: -1 })),
}

const at = (commitLsn: bigint, epoch = 1): string => formatPosition({ epoch, commitLsn, ordinal: 0 })
const slot = (confirmedLsn: bigint, walEndLsn = 10_000n) => ({ confirmedLsn, walEndLsn })

/** Companies whose events stand in the first and in the second partition. */
const [FIRST, SECOND] = [0, 1].map((partition) => {
  const names = Array.from({ length: 50 }, (_, i) => `c-${i}`)
  return names.find((name) => partitionOfKey(Buffer.from(name), PARTITIONS) === partition) ?? ''
}) as [string, string]

/** What outlives a process: the topic, and the database of marks. */
class Outside {
  readonly topic: PublishedEvent[][] = [[], []]
  mark: ReadCaptureMark | null = null
  /** Requests have no answer. */
  isKafkaSilent = false

  readonly store: MarkStore = {
    read: () => Promise.resolve(this.mark),
    save: (_producer, mark) => {
      if (this.mark === null || mark.position >= this.mark.position) {
        this.mark = { ...mark, gaps: this.mark?.gaps ?? new Map() }
      }
      return Promise.resolve()
    },
    noteGaps: (_producer, _epoch, gaps) => {
      if (this.mark) this.mark = { ...this.mark, gaps }
      return Promise.resolve()
    },
  }

  get positions(): string[] {
    return this.topic.flatMap((partition) => partition.map(({ position }) => position)).sort()
  }

  append(company: string, position: string, transactionId: string): void {
    this.topic[partitionOfKey(Buffer.from(company), PARTITIONS)]?.push({ position, transactionId })
  }

  since(known: KnownPosition | null): Map<number, PublishedEvent> {
    const last = this.topic.map((events, partition) => events.slice(Number(known?.offsets.get(partition) ?? 0)).at(-1))
    return new Map(last.flatMap((event, partition) => (event ? [[partition, event] as const] : [])))
  }
}

/** A process: the real parts between a slot and the topic. */
function start(outside: Outside, epoch = 1) {
  const acknowledged: bigint[] = []
  const publishAll = (records: readonly OutgoingRecord[]): Promise<void> => {
    if (outside.isKafkaSilent) return new Promise(() => undefined)
    for (const { key, value, headers } of records) {
      const event = JSON.parse(String(value)) as { revision: { transaction: { id: string } } }
      outside.append(String(key), String(headers?.['hooklane-position']), event.revision.transaction.id)
    }
    return Promise.resolve()
  }
  const publisher = new OrderedPublisher({
    producer: { publish: () => Promise.reject(new Error('batches only')), publishAll },
    readBack: async () => {
      const known = await marks.read()
      const positions = outside.since(known)
      return (record) => isPublished(record, { positions, partitions: PARTITIONS, known: known?.position ?? '' })
    },
    maxRecordBytes: 1_000_000,
    onPublished: () => undefined,
    onFailure: () => undefined,
    onQueued: () => undefined,
  })
  const marks: MarkKeeper = new MarkKeeper({
    producer: 'pim',
    store: outside.store,
    endOffsets: () => Promise.resolve(new Map(outside.topic.map((events, i) => [i, BigInt(events.length)]))),
    onFailure: (error) => expect(error).toBeUndefined(),
  })
  const source = new CapturedSource({
    reader: new SourceReader(sourceOf(epoch)),
    replicated,
    topic: 'events',
    publisher,
    marks,
    lastPositions: async () => outside.since(await marks.read()),
    openSpool: () => Promise.reject(new Error('nothing is so large')),
    acknowledge: (lsn) => acknowledged.push(lsn),
    onTransaction: () => undefined,
    onEnded: () => Promise.resolve(),
  })
  const insert = async (commitLsn: bigint, company: string, xid = `x${commitLsn}`) => {
    source.begin()
    const after = new Map([
      ['id', `i${commitLsn}`],
      ['company', company],
    ])
    await source.change({ op: 'insert', relation, after })
    await source.commit({ xid, commitLsn, commitEndLsn: commitLsn + 1n, committedAtMs: 0 })
  }
  const settled = () => new Promise<void>((resolve) => publisher.whenDurable(resolve))
  /** As a crash would: nothing more is saved or published. */
  const end = async () => {
    await source.ended()
    await publisher.stop(0)
  }
  return { source, marks, insert, settled, acknowledged, end }
}

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

describe('a captured source', () => {
  it('whose connection breaks while Kafka is silent publishes what was queued after a crash', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    outside.isKafkaSilent = true
    await first.insert(100n, FIRST)
    await first.source.ended()
    await first.source.connected(slot(50n), new Map([...TABLES, ['public.other', 2]]))
    expect(outside.mark?.position).toBe(at(49n))
    await first.end()
    outside.isKafkaSilent = false
    const second = start(outside)
    await second.source.connected(slot(50n), TABLES)
    await second.insert(100n, FIRST)
    await second.settled()
    expect(outside.positions).toEqual([at(100n)])
    expect(second.acknowledged).toEqual([101n])
    await second.end()
  })

  it('whose process was killed when one partition had its batch and the other had not publishes the rest', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    await first.end()
    outside.append(SECOND, at(201n), 'x201')
    const second = start(outside)
    await second.source.connected(slot(50n), TABLES)
    await second.insert(200n, FIRST)
    await second.insert(201n, SECOND)
    await second.settled()
    expect(outside.topic.map((events) => events.map(({ position }) => position))).toEqual([[at(200n)], [at(201n)]])
    await second.end()
  })

  it('that was silent before its process ended is refused when the database was set back and has gone on', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    await first.insert(100n, FIRST)
    await first.settled()
    await first.marks.follow()
    // The next mark carries the offsets that were asked for the one before: the read-back finds nothing.
    await first.end()
    outside.mark = outside.mark && { ...outside.mark, offsets: new Map([0, 1].map((i) => [i, 1n])) }
    const second = start(outside)
    await second.source.connected(slot(50n), TABLES)
    await second.insert(60n, FIRST, 'another')
    await second.settled()
    const refusal = await refusalOf(second.insert(120n, FIRST))
    expect(refusal).toBeInstanceOf(ChangesMissing)
    expect(refusal).toMatchObject({ code: 'CHANGES_MISSING' })
    expect(String(refusal)).toContain('the log does not hold transaction x100, which was published')
    // What was taken for a copy is still held.
    expect(second.acknowledged).toEqual([])
    await second.end()
  })

  it('that comes again as it was published is acknowledged once the last one that was published has come', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    await first.insert(100n, FIRST)
    await first.insert(110n, FIRST)
    await first.settled()
    await first.end()
    const second = start(outside)
    await second.source.connected(slot(50n), TABLES)
    await second.insert(100n, FIRST)
    await second.settled()
    expect(second.acknowledged).toEqual([])
    await second.insert(110n, FIRST)
    await second.settled()
    expect(second.acknowledged).toEqual([111n])
    expect(outside.positions).toEqual([at(100n), at(110n)])
    await second.end()
  })

  it('that has not come to what was published stays refused after it has gone on', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    await first.insert(100n, FIRST)
    await first.settled()
    await first.source.ended()
    const refusal = await refusalOf(first.source.connected(slot(50n, 90n), TABLES))
    expect(refusal).toMatchObject({ code: 'POSITION_BEHIND' })
    expect(refusal).toBeInstanceOf(ChangesMissing)
    await first.marks.noteGaps((refusal as ChangesMissing).gaps, '0001')
    await first.end()
    const noted = await refusalOf(start(outside).source.history())
    expect(noted).toMatchObject({ code: 'POSITION_BEHIND', message: (refusal as ChangesMissing).message })
  })

  it('that another process has read meanwhile publishes no copies of what that one published', async () => {
    const outside = new Outside()
    const first = start(outside)
    await first.source.connected(slot(50n), TABLES)
    await first.insert(100n, FIRST)
    await first.settled()
    await first.source.ended()
    const second = start(outside)
    await second.source.connected(slot(50n), TABLES)
    for (const lsn of [100n, 110n]) await second.insert(lsn, FIRST)
    await second.settled()
    await second.marks.follow()
    await second.insert(120n, FIRST)
    await second.settled()
    await second.end()
    await first.source.connected(slot(50n), TABLES)
    for (const lsn of [100n, 110n, 120n]) await first.insert(lsn, FIRST)
    await first.settled()
    expect(outside.positions).toEqual([at(100n), at(110n), at(120n)])
    await first.end()
  })

  it('is not measured by what was published under an epoch before its own', async () => {
    const outside = new Outside()
    outside.append(FIRST, at(1_000n), 'x1000')
    const { source, insert, settled, acknowledged, end } = start(outside, 2)
    expect(await source.history()).toEqual({ kind: 'over' })
    await source.connected(slot(900n), TABLES)
    await insert(1_200n, FIRST)
    await settled()
    expect(outside.positions).toEqual([at(1_000n), at(1_200n, 2)])
    expect(acknowledged).toEqual([1_201n])
    await end()
  })
})
