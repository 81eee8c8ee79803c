import { describe, expect, it } from '@jest/globals'
import { at, FIRST, found, insertInto, LOG, sourceOf, start, type ProcessOptions } from './capture-consumer.fixture.js'
import { Outside } from './outside.fixture.js'

/** A process that has to announce to one company that the source started over. */
async function startOver(options: ProcessOptions = {}, isOpen = false) {
  const outside = new Outside()
  outside.mark = { ...(await new Outside().store.claim('pim', 'o', at(1_000n))), log: LOG, settledLsn: 1_001n }
  const process = start(outside, { capture: sourceOf({ epoch: 2 }), companies: [FIRST], ...options })
  if (isOpen) process.openWriters.push('3/17')
  await process.connect(found(900n))
  const resyncs = () => outside.events.filter(({ event }) => event.type === 'resync.required')
  return { ...process, outside, resyncs }
}

describe('an announcement', () => {
  it('waits until all transactions that were open when it was noted have ended, and for no later one', async () => {
    const { emitted, openWriters, look, end } = await startOver({}, true)
    expect(emitted).toEqual([])
    openWriters.push('4/20')
    await look()
    expect(emitted).toEqual([])
    openWriters.shift()
    await look()
    expect(emitted).toHaveLength(1)
    await look()
    expect(emitted).toHaveLength(1)
    await end()
  })

  it('that was emitted twice is published once', async () => {
    const { emitted, kafka, read, settled, resyncs, end } = await startOver()
    let answer: () => void = () => undefined
    kafka.answers = new Promise((resolve) => (answer = resolve))
    await read({ xid: 'x1200', commitLsn: 1_200n, changes: [], announced: emitted })
    await read({ xid: 'x1300', commitLsn: 1_300n, changes: [], announced: emitted })
    answer()
    await settled()
    expect(resyncs()).toHaveLength(1)
    await end()
  })

  it('is emitted again over a new connection, because a standby that took over may not have it', async () => {
    const { emitted, connect, read, settled, resyncs, end } = await startOver()
    const [lost = ''] = emitted
    await connect(found(900n))
    expect(emitted).toEqual([lost, lost])
    await read({ xid: 'x1300', commitLsn: 1_300n, changes: [], announced: [lost] })
    await settled()
    expect(resyncs()).toHaveLength(1)
    await end()
  })
})

describe('a transaction of which only a part was given to the publisher', () => {
  it('is not passed by the mark when an earlier transaction comes again', async () => {
    const outside = new Outside()
    const { source, connect, read, settled, marks, end } = start(outside, { maxRecordBytes: 2_000 })
    await connect(found(50n))
    const [first] = insertInto(200n, FIRST).changes
    const [large] = insertInto(201n, FIRST).changes
    if (first?.change.op !== 'insert' || large?.change.op !== 'insert') throw new Error('no inserts')
    const after = new Map([...large.change.after, ['id', 'i'.repeat(1_000)]])
    const half = { xid: 'x300', commitLsn: 300n, changes: [first, { change: { ...large.change, after }, lsn: 201n }] }
    await read(insertInto(100n, FIRST))
    await expect(read(half)).rejects.toThrow('larger than Kafka takes')
    await source.ended()
    await connect(found(50n))
    await read(insertInto(100n, FIRST))
    await settled()
    await marks.flush()
    expect((outside.mark?.position ?? '') < at(200n)).toBe(true)
    await end()
  })
})
