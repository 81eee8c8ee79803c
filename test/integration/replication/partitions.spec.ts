import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../event-producer/eventually.js'
import { Recorder, SourceWorld } from './source-world.js'

/** With a partition of its own for each hundred of `id`. */
const PARTITIONED = `CREATE TABLE item (id int PRIMARY KEY, name text, size int) PARTITION BY RANGE (id);
  CREATE TABLE item_0 PARTITION OF item FOR VALUES FROM (0) TO (100);
  ALTER TABLE item REPLICA IDENTITY FULL; ALTER TABLE item_0 REPLICA IDENTITY FULL`
const ITEM_1 = 'CREATE TABLE item_1 PARTITION OF item FOR VALUES FROM (100) TO (200)'
const FULL_1 = 'ALTER TABLE item_1 REPLICA IDENTITY FULL'

describe('a new partition without REPLICA IDENTITY FULL', () => {
  let world: SourceWorld
  let recorder: Recorder
  const sql = (statements: string) => world.database.query(statements)
  /** The refusal that is left once the catalogue is as it must be. */
  const undecodable = () =>
    eventually(() => {
      const state = recorder.states.at(-1)
      if (state?.phase !== 'failing' || state.error.code !== 'CHANGE_NOT_DECODABLE')
        throw new Error(JSON.stringify(state))
      return state.error.message
    })
  /** What came, without the rows that were inserted. */
  const changes = () =>
    recorder.transactions.flatMap((transaction) =>
      transaction.changes.flatMap((change) =>
        change.op === 'update' || change.op === 'delete' ? [[change.op, ...change.before.values()]] : [],
      ),
    )

  beforeEach(async () => {
    world = await SourceWorld.create()
    recorder = new Recorder()
    await sql(PARTITIONED)
    world.stream(recorder)
    await world.streaming(recorder)
  })
  afterEach(() => world.close())

  it.each([
    ['is deleted', 'DELETE FROM item WHERE id = 101'],
    ['has its key changed', 'UPDATE item SET id = 102 WHERE id = 101'],
    ['is changed beside its key', `UPDATE item SET size = 2 WHERE id = 101`],
    ['moves to another partition', 'UPDATE item SET id = 2 WHERE id = 101'],
  ])('never loses a row that %s: it is refused, and nothing passes it', async (_, change) => {
    await sql(`${ITEM_1}; INSERT INTO item VALUES (101, 'in the new one', 1)`)
    await sql(change)
    await sql(`${FULL_1}; INSERT INTO item VALUES (1, 'behind it', 1)`)
    expect(await undecodable()).toMatch(
      /^a change of public.item was logged without its old row, because the partition public.item_1 had no REPLICA IDENTITY FULL at that moment\. This change cannot be decoded/,
    )
    expect(changes()).toEqual([])
    expect(recorder.inserted().flat()).not.toContain('1')
  })

  it('holds up no row that could not have been logged without FULL, and none once it has FULL', async () => {
    await sql(`INSERT INTO item VALUES (1, 'a', 1), (2, NULL, NULL);
      ${ITEM_1}; INSERT INTO item VALUES (101, 'b', 1), (102, NULL, NULL); UPDATE item SET size = 3 WHERE id = 1`)
    await sql(`${FULL_1}; UPDATE item SET name = 'c' WHERE id = 101;
      ${[1, 2, 102, 101].map((id) => `DELETE FROM item WHERE id = ${id};`).join('')}`)
    await eventually(() =>
      expect(changes()).toEqual([
        ['update', '1', 'a', '1'],
        ['update', '101', 'b', '1'],
        ['delete', '1', 'a', '3'],
        ['delete', '2', null, null],
        ['delete', '102', null, null],
        ['delete', '101', 'c', '1'],
      ]),
    )
  })
})

describe('a publication of all tables', () => {
  it('is read on past changes of tables that are not captured, whatever replica identity they have', async () => {
    const world = await SourceWorld.create()
    try {
      await world.database.query(
        `CREATE TABLE item (id text PRIMARY KEY); ALTER TABLE item REPLICA IDENTITY FULL; CREATE TABLE other (id int PRIMARY KEY, name text);
         CREATE PUBLICATION ${world.slot} FOR ALL TABLES`,
      )
      const recorder = new Recorder()
      world.stream(recorder)
      await world.streaming(recorder)
      await world.database.query(
        `INSERT INTO other VALUES (1, 'x'); UPDATE other SET id = 2; UPDATE other SET name = 'y'; DELETE FROM other`,
      )
      await world.database.query(`INSERT INTO item VALUES ('a')`)
      await eventually(() => expect(recorder.inserted().at(-1)).toEqual(['a']))
      expect(recorder.states.filter(({ phase }) => phase === 'failing')).toEqual([])
    } finally {
      await world.close()
    }
  })
})
