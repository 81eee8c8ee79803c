import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { formatLsn, type TransactionInfo } from '@hooklane/core/capture'
import { Recorder, SourceWorld } from './source-world.js'
import { eventually } from '../event-producer/eventually.js'

describe('a replication stream', () => {
  let world: SourceWorld
  let recorder: Recorder
  const sql = (statements: string) => world.database.query(statements)

  beforeEach(async () => {
    world = await SourceWorld.create()
    recorder = new Recorder()
    await sql(`CREATE TABLE item (id text PRIMARY KEY, name text); ALTER TABLE item REPLICA IDENTITY FULL`)
  })
  afterEach(() => world.close())

  it('hands on transactions whole, with what was emitted beside the changes', async () => {
    world.stream(recorder)
    await world.streaming(recorder)
    await sql(`BEGIN;
      SELECT pg_logical_emit_message(true, 'hooklane', 'ours'); SELECT pg_logical_emit_message(true, 'other', 'theirs');
      INSERT INTO item VALUES ('a', 'x'); UPDATE item SET name = NULL; DELETE FROM item; COMMIT`)
    await sql(`BEGIN; INSERT INTO item VALUES ('rolled back'); ROLLBACK`)
    await sql(`INSERT INTO item VALUES ('b'); TRUNCATE item`)
    await eventually(() => expect(recorder.transactions).toHaveLength(2))
    const [first, second] = recorder.transactions
    expect(first?.contexts).toEqual(['ours'])
    expect(first?.changes.map((change) => change.op)).toEqual(['insert', 'update', 'delete'])
    const update = first?.changes[1]
    if (update?.op !== 'update') throw new Error('no update')
    expect([update.before.get('name'), update.after.get('name')]).toEqual(['x', null])
    expect(second?.changes.map((change) => change.op)).toEqual(['insert', 'truncate'])
    expect(second!.info.commitLsn).toBeGreaterThanOrEqual(first!.info.commitEndLsn)
    expect(Math.abs(Date.now() - second!.info.committedAtMs)).toBeLessThan(10_000)
  })

  it('repeats what was not acknowledged, beginning exactly behind what was', async () => {
    const stream = world.stream(recorder)
    await world.streaming(recorder)
    // Two commit records side by side: the second begins where the first ends.
    const [one, two] = [await world.session(), await world.session()]
    await one.query(`BEGIN; INSERT INTO item VALUES ('one')`)
    await two.query(`BEGIN; INSERT INTO item VALUES ('two')`)
    await Promise.all([one.query('COMMIT'), two.query('COMMIT')])
    await eventually(() => expect(recorder.transactions).toHaveLength(2))
    const [first, second] = recorder.transactions.map(({ info }) => info)
    stream.acknowledge(first!.commitEndLsn)
    await stream.stop()
    const again = new Recorder()
    world.stream(again)
    await eventually(() => expect(again.inserted()).toEqual([recorder.inserted()[1]]))
    expect(again.transactions[0]?.info).toEqual(second)
  })

  it('waits with the log while a commit is worked on, and loses nothing meanwhile', async () => {
    let release: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => (release = resolve))
    let first: TransactionInfo | null = null
    recorder.onCommit = (transaction) => {
      first ??= transaction
      return blocked
    }
    const stream = world.stream(recorder)
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('first')`)
    for (let i = 0; i < 5; i++)
      await sql(`INSERT INTO item SELECT '${i}-' || n, repeat('x', 1000) FROM generate_series(1, 1000) AS n`)
    // Until the first arrives the slot may still move: other databases of the server write as well.
    const isReleased = async () => {
      const place = formatLsn(first?.commitLsn ?? 0n)
      const [row] = await world.database.query<{ released: boolean }>(
        `SELECT confirmed_flush_lsn > '${place}' AS released FROM pg_replication_slots WHERE slot_name = '${world.slot}'`,
      )
      return row?.released
    }
    await eventually(() => expect(first).not.toBeNull())
    // Two status messages go out in this time; neither may release what waits.
    await eventually(async () => {
      const [row] = await world.database.query<{ late: boolean }>(
        `SELECT now() - reply_time < '1 s' AND backend_start < now() - interval '3 s' AS late FROM pg_stat_replication WHERE application_name = 'replication-test'`,
      )
      expect(row?.late).toBe(true)
    })
    expect(await isReleased()).toBe(false)
    release()
    await eventually(() => expect(recorder.transactions).toHaveLength(6))
    expect(recorder.inserted().flat()).toHaveLength(5_001)
    stream.acknowledge(recorder.transactions.at(-1)!.info.commitEndLsn)
    await eventually(async () => expect(await isReleased()).toBe(true))
  })

  it('starts over when the consumer fails, with the same transaction', async () => {
    let failures = 2
    recorder.onCommit = () => {
      if (failures-- > 0) throw new Error('the consumer is not well')
    }
    world.stream(recorder)
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('a')`)
    await sql(`INSERT INTO item VALUES ('b')`)
    await eventually(() => expect(recorder.inserted()).toEqual([['a'], ['b']]))
    expect(recorder.states.filter((state) => state.phase === 'failing')).toHaveLength(2)
  })

  it('comes back when the server has ended its sender, and repeats what was not acknowledged', async () => {
    world.stream(recorder)
    await world.streaming(recorder)
    await sql(`INSERT INTO item VALUES ('a')`)
    await eventually(() => expect(recorder.transactions).toHaveLength(1))
    await sql(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${world.slot}'`)
    await eventually(() => expect(recorder.slots).toHaveLength(2))
    await eventually(() => expect(recorder.inserted()).toEqual([['a'], ['a']]))
  })

  it('waits longer and longer for a transaction that fails, whatever is done again before it, and is not streaming meanwhile', async () => {
    const stream = world.stream(recorder)
    await world.streaming(recorder)
    let isMended = false
    recorder.onCommit = ({ commitEndLsn }) => {
      if (recorder.lastInserted() === 'bad' && !isMended) throw new Error('this one cannot be taken')
      // Durable at once, and never said to Postgres in time: the next failure cuts the connection.
      stream.acknowledge(commitEndLsn)
    }
    await sql(`INSERT INTO item VALUES ('good')`)
    await sql(`INSERT INTO item VALUES ('bad')`)
    await eventually(() => expect(recorder.pauses()).toHaveLength(5))
    expect(recorder.pauses()).toEqual([250, 500, 1_000, 2_000, 4_000])
    expect(recorder.inserted().length).toBeGreaterThan(3)
    expect(recorder.phasesSinceFailure()).not.toContain('streaming')
    isMended = true
    await world.streaming(recorder)
    expect(recorder.inserted().at(-1)).toEqual(['bad'])
  })

  it('waits longer and longer while its sender is ended at the same place', async () => {
    world.stream(recorder)
    await world.streaming(recorder)
    // Never acknowledged: it comes again each time, and the server ends the sender.
    recorder.onCommit = async () => {
      await sql(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${world.slot}'`)
    }
    await sql(`INSERT INTO item VALUES ('a')`)
    await eventually(() => expect(recorder.pauses().length).toBeGreaterThanOrEqual(4))
    expect(recorder.pauses().slice(0, 4)).toEqual([250, 500, 1_000, 2_000])
    expect(recorder.phasesSinceFailure()).not.toContain('streaming')
  })

  it('is streaming again when nothing of the log is left behind the place, and waits little after the next failure', async () => {
    const stream = world.stream(recorder)
    await world.streaming(recorder)
    recorder.onCommit = ({ commitEndLsn }) => stream.acknowledge(commitEndLsn)
    const cut = () =>
      sql(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${world.slot}'`)
    for (let failures = 1; failures <= 3; failures++) {
      await cut()
      await eventually(() => expect(recorder.pauses()).toHaveLength(failures))
      await world.streaming(recorder)
    }
    expect(recorder.pauses()).toEqual([250, 250, 250])
  })

  it('says how far it is behind', async () => {
    world.stream(recorder)
    await world.streaming(recorder)
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    recorder.onCommit = () => held
    await sql(`INSERT INTO item SELECT n::text, repeat('x', 1000) FROM generate_series(1, 1000) AS n`)
    await eventually(() => expect(recorder.lags.at(-1)?.lagBytes).toBeGreaterThan(1_000_000))
    expect(recorder.lags.at(-1)?.isLost).toBe(false)
    release()
  })
})
