import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { AttemptRecord, DeadLetterRecord, SettlementRecord } from '@hooklane/contracts/records'
import { createPool, DeliveryLogWriter, type PgPool } from '@hooklane/postgres'
import fc from 'fast-check'
import { createTestDatabase, type TestDatabase } from './test-database.js'

type Entry = Parameters<DeliveryLogWriter['write']>[0][number]
type State = Readonly<Record<string, unknown>>

const ROUTED_AT = '2026-03-02T08:15:00.000Z'
const APP = 'app_1'

const identity = {
  appId: APP,
  companyId: 'cmp_1',
  workerGroup: 'shared-webhook',
  subscriptionId: 'sub_1',
  subscriptionVersion: '7',
  deliveryId: 'msg_1',
  source: { topic: 'events', partition: 0, offset: '5' },
  position: null,
  eventId: 'evt_1',
  eventType: 'products.updated',
  entity: { type: 'product', id: 'p1' },
  routedAt: ROUTED_AT,
  mode: 'live',
}

/** What a history says of one record; `no` makes its id. */
interface Said {
  readonly no: number
  readonly kind: 'attempt' | 'settlement' | 'deadLetter'
  readonly attempt: number
  readonly epoch: number
  readonly second: number
  readonly status: string
}

const instant = (second: number): string => `2026-03-02T08:15:${String(second).padStart(2, '0')}.000Z`
const idOf = ({ no }: Said): string => `att_${no}`

function entryOf(said: Said, sequence: number): Entry {
  const { kind, attempt, epoch, second, status } = said
  const common = { ...identity, sequence, ownerEpoch: String(epoch), workerGroup: `group-${epoch}` }
  if (kind === 'deadLetter') {
    const record: DeadLetterRecord = {
      ...common,
      attempts: attempt,
      reason: status,
      at: instant(second),
      lastError: null,
      delivery: {},
    }
    return { kind, record }
  }
  if (kind === 'settlement') {
    const record: SettlementRecord = {
      ...common,
      attemptId: idOf(said),
      at: instant(second),
      status,
      reason: `reason ${said.no}`,
    }
    return { kind, record }
  }
  const isDelivered = status === 'delivered'
  const record: AttemptRecord = {
    ...common,
    attemptId: idOf(said),
    attempt,
    startedAt: instant(second),
    durationMs: 1,
    request: { method: 'POST', url: 'https://a.example/', headers: {}, bytes: 2, digest: 'd' },
    response: isDelivered ? { status: 200, headers: {}, body: '' } : { status: 500 + said.no, headers: {}, body: '' },
    error: isDelivered ? null : { code: `http_${500 + said.no}`, message: 'no' },
    decision: status === 'retrying' ? 'retry' : status,
    nextAttemptAt: status === 'retrying' ? instant(30 + said.no) : null,
    status,
  }
  return { kind, record }
}

const rank = ({ status }: Said): number => (status === 'delivered' ? 2 : status === 'retrying' ? 0 : 1)
const place = (said: Said) =>
  [rank(said), said.kind === 'settlement' ? 0 : said.attempt, said.epoch, said.second] as const

/** Later last. Ids decide what nothing else does: by text, as they are. */
function later(a: Said, b: Said): number {
  const [left, right] = [place(a), place(b)]
  const at = left.findIndex((value, index) => value !== right[index])
  if (at >= 0) return left[at]! - right[at]!
  return idOf(a) < idOf(b) ? -1 : 1
}

/** The row that a history has to give, told from the history alone. */
function expectedOf(history: readonly Said[]): State | null {
  const logged = history.filter(({ kind }) => kind !== 'deadLetter')
  const attempts = logged.filter(({ kind }) => kind === 'attempt')
  const newest = [...logged].sort(later).at(-1)
  const answer = [...attempts].sort(later).at(-1)
  if (!newest) return null
  const isFailed = answer !== undefined && answer.status !== 'delivered'
  const seconds = attempts.map(({ second }) => second)
  return {
    status: newest.status,
    reason:
      newest.kind === 'settlement'
        ? `reason ${newest.no}`
        : newest.status === 'delivered'
          ? null
          : `http_${500 + newest.no}`,
    worker_group: `group-${newest.epoch}`,
    attempts: Math.max(0, ...attempts.map(({ attempt }) => attempt)),
    first_attempt_at: seconds.length === 0 ? null : instant(Math.min(...seconds)),
    last_attempt_at: seconds.length === 0 ? null : instant(Math.max(...seconds)),
    next_attempt_at: newest.status === 'retrying' ? instant(30 + newest.no) : null,
    settled_at: newest.status === 'retrying' ? null : instant(newest.second),
    last_status: !answer ? null : isFailed ? 500 + answer.no : 200,
    last_error: isFailed ? `http_${500 + answer.no}` : null,
  }
}

function expectedLetterOf(history: readonly Said[]): State | null {
  const letters = history.filter(({ kind }) => kind === 'deadLetter')
  const newest = letters
    .sort((a, b) => a.attempt - b.attempt || a.epoch - b.epoch || a.second - b.second || (a.status < b.status ? -1 : 1))
    .at(-1)
  return newest ? { attempts: newest.attempt, reason: newest.status, at: instant(newest.second) } : null
}

describe('the delivery log', () => {
  let database: TestDatabase
  let pool: PgPool
  let lastSequence = 0
  beforeAll(async () => {
    database = await createTestDatabase('log')
    pool = createPool({
      url: database.url,
      role: 'hooklane_recorder',
      applicationName: 'test',
      maxConnections: 4,
      statementTimeoutMs: 30_000,
    })
  })
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  const iso = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value)
  async function only(sql: string, sequence: number): Promise<State | null> {
    const rows = await database.query<State>(sql, [APP, sequence])
    expect(rows.length).toBeLessThanOrEqual(1)
    return rows[0] ? Object.fromEntries(Object.entries(rows[0]).map(([name, value]) => [name, iso(value)])) : null
  }
  const row = (sequence: number) =>
    only(
      `SELECT status, reason, worker_group, attempts, first_attempt_at, last_attempt_at, next_attempt_at, settled_at, last_status, last_error
       FROM hooklane.delivery WHERE app_id = $1 AND sequence = $2`,
      sequence,
    )
  const letter = (sequence: number) =>
    only(`SELECT attempts, reason, at FROM hooklane.dead_letter WHERE app_id = $1 AND sequence = $2`, sequence)

  const attempt = (no: number, number: number, status = 'retrying', epoch = 1): Said => ({
    no,
    kind: 'attempt',
    attempt: number,
    epoch,
    second: number,
    status,
  })

  /** Writes the batches one after the other, under a number of their own. */
  async function written(...batches: Said[][]): Promise<State | null> {
    const sequence = (lastSequence += 1)
    const writer = new DeliveryLogWriter(pool)
    for (const batch of batches) await writer.write(batch.map((said) => entryOf(said, sequence)))
    return row(sequence)
  }

  it('never lets an older attempt that is read late say the state', async () => {
    const [first, second, third] = [attempt(1, 1), attempt(2, 2), attempt(3, 3, 'deadLettered')]
    const newest = { status: 'retrying', attempts: 2, last_error: 'http_502', next_attempt_at: instant(32) }
    expect(await written([second], [first])).toMatchObject(newest)
    expect(await written([second, first])).toMatchObject(newest)
    expect(await written([third], [second], [first])).toMatchObject({
      status: 'deadLettered',
      attempts: 3,
      next_attempt_at: null,
    })
  })

  it('never reopens what was settled, whichever dispatcher reports it', async () => {
    const zombie = { ...attempt(2, 9), epoch: 1 }
    for (const status of ['delivered', 'deadLettered', 'dropped']) {
      expect(await written([attempt(1, 3, status, 2)], [zombie])).toMatchObject({
        status,
        attempts: 9,
        next_attempt_at: null,
      })
    }
    const skipped: Said = { no: 3, kind: 'settlement', attempt: 0, epoch: 2, second: 20, status: 'skipped' }
    expect(await written([skipped], [zombie])).toMatchObject({
      status: 'skipped',
      reason: 'reason 3',
      last_error: 'http_502',
    })
  })

  it('takes the same number from the newer owner, and of one owner the later one (a deferral repeats its number)', async () => {
    const [older, newer] = [attempt(1, 1, 'retrying', 1), attempt(2, 1, 'retrying', 2)]
    expect(await written([newer], [older])).toMatchObject({ last_error: 'http_502', worker_group: 'group-2' })
    const [deferred, again] = [
      { ...attempt(1, 1), second: 4 },
      { ...attempt(2, 1), second: 9 },
    ]
    expect(await written([again], [deferred])).toMatchObject({
      last_error: 'http_502',
      attempts: 1,
      first_attempt_at: instant(4),
    })
  })

  const said = fc.record({
    kind: fc.constantFrom('attempt' as const, 'attempt' as const, 'settlement' as const, 'deadLetter' as const),
    attempt: fc.integer({ min: 1, max: 3 }),
    epoch: fc.constantFrom(1, 2, 10),
    second: fc.integer({ min: 0, max: 2 }),
    status: fc.constantFrom('retrying', 'retrying', 'delivered', 'deadLettered', 'dropped'),
  })
  const history = fc.array(said, { minLength: 1, maxLength: 7 }).map((records) =>
    records.map((record, no): Said => ({
      ...record,
      no,
      status: record.kind === 'attempt' || record.status !== 'retrying' ? record.status : 'skipped',
    })),
  )
  /** The records with copies of some, in any order, in batches of any size. */
  const readings = (records: readonly Said[]) =>
    fc
      .tuple(
        fc.shuffledSubarray([...records, ...records, ...records], { minLength: 0 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
      )
      .map(([some, sizes]): Said[][] => {
        const all = [...some, ...records.filter((record) => !some.includes(record))]
        const batches: Said[][] = []
        while (all.length > 0) batches.push(all.splice(0, Number(sizes.next().value)))
        return batches
      })
  const readHistory = history.chain((records) =>
    fc.record({ records: fc.constant(records), one: readings(records), other: readings(records) }),
  )

  it('shows the same row in whatever order, batches and copies the records of a delivery are read', async () => {
    await fc.assert(
      fc.asyncProperty(readHistory, async ({ records, one }) => {
        const state = await written(...one)
        expect(state).toEqual(expectedOf(records))
        expect(await letter(lastSequence)).toEqual(expectedLetterOf(records))
      }),
      { numRuns: 300 },
    )
  })

  it('shows the same row when two recorders write at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(readHistory, async ({ records, one, other }) => {
        const sequence = (lastSequence += 1)
        const write = async (batches: Said[][]) => {
          const writer = new DeliveryLogWriter(pool)
          for (const batch of batches) await writer.write(batch.map((record) => entryOf(record, sequence)))
        }
        await Promise.all([write(one), write(other)])
        expect(await row(sequence)).toEqual(expectedOf(records))
        expect(await letter(sequence)).toEqual(expectedLetterOf(records))
      }),
      { numRuns: 100 },
    )
  })

  it('shows the same row for every permutation of a whole history', async () => {
    const records = [
      attempt(1, 1),
      attempt(2, 2, 'retrying', 2),
      attempt(3, 2),
      { ...attempt(4, 3, 'delivered', 2), second: 1 },
      { ...attempt(5, 0, 'dropped', 3), kind: 'settlement' as const },
    ]
    for (const order of permutations(records))
      expect(await written(...order.map((record) => [record]))).toEqual(expectedOf(records))
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, at) =>
    permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]),
  )
}
