import { afterEach, describe, expect, it } from '@jest/globals'
import { eventually as within } from '@hooklane/testing'
import { delivered, expected, publish, stopRouters, world } from './assigned-partitions.fixture.js'
import { EVENTS, InMemoryRouterLog, keyOf, PARTITION, STATE, topics } from './in-memory-log.fixture.js'

/** Only a failing test waits this long. */
const LIMIT = { withinMs: 30_000, everyMs: 5 }

const eventually = (check: () => void | Promise<void>): Promise<void> => within(check, LIMIT)

afterEach(stopRouters)

describe('AssignedPartitions', () => {
  it('fences the predecessor, marks the end of the state, restores the state, and only then reads the offset', async () => {
    const { log, consumer, start, readiness } = world()
    publish(log, 1, 20)
    await start()
    expect(readiness.isReady).toBe(false)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(20)))
    expect(log.trace.slice(0, 5)).toEqual(['fence', 'end record', 'seek t.router.state 0', 'offset', 'seek t.events 0'])
    expect(log.committed).toBe(20n)
    expect(readiness.isReady).toBe(true)
  })

  it.each(['lostBefore', 'lostAfter'] as const)(
    'loses and duplicates nothing after a transaction that was %s',
    async (fault) => {
      const { log, consumer, start } = world()
      publish(log, 1, 10)
      log.fault = fault
      await start()
      consumer.assign(EVENTS, STATE)
      await eventually(() => expect(delivered(log)).toEqual(expected(10)))
      publish(log, 11, 12)
      await eventually(() => expect(delivered(log)).toEqual(expected(12)))
      expect(log.epoch).toBe(2)
    },
  )

  it.each([2n, 10n])('continues at its own position after a rejoin, although %s is committed', async (committed) => {
    const { log, consumer, start } = world()
    publish(log, 1, 9)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    log.committed = committed
    consumer.assign(EVENTS, STATE)
    publish(log, 10, 11)
    await eventually(() => expect(delivered(log)).toEqual(expected(11)))
    expect(log.epoch).toBe(1)
  })

  it('reads the state from its beginning when a rejoin interrupts the restore', async () => {
    const log = new InMemoryRouterLog()
    const first = world(log)
    publish(log, 1, 30)
    await first.start()
    first.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(30))
    await first.stop()

    const second = world(log)
    publish(log, 31, 33)
    await second.start()
    second.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(log.trace.filter((step) => step === 'seek t.router.state 0')).toHaveLength(2))
    second.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(33)))
    expect(log.trace.filter((step) => step === 'seek t.router.state 0')).toHaveLength(3)
  })

  it('stops routing a partition that was taken away, and resumes when it is assigned again', async () => {
    const { log, consumer, start, readiness } = world()
    publish(log, 1, 5)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(5))
    consumer.assign()
    expect(readiness.isReady).toBe(true)
    publish(log, 6, 8)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(8)))
    expect(log.epoch).toBe(2)
  })

  it('does not fence a rightful owner before a heartbeat has confirmed its own assignment', async () => {
    const { log, consumer, start } = world()
    publish(log, 1, 3)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    await log.openWriter(PARTITION)
    publish(log, 4, 6)
    // A negative has no event to wait for: wait for as long as two attempts to take over the partition last (300 ms each).
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect([log.epoch, delivered(log).length]).toEqual([2, 3])
    consumer.heartbeatMs = performance.now()
    await eventually(() => expect(delivered(log)).toEqual(expected(6)))
    expect(log.epoch).toBe(3)
  })

  it('waits for a worker group that is not known yet, without losing or reordering events', async () => {
    const { log, consumer, start, groups, registry } = world()
    groups.clear()
    publish(log, 1, 5)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () =>
      expect(await registry.getSingleMetricAsString('hooklane_router_partitions')).toContain('waiting'),
    )
    expect(delivered(log)).toEqual([])
    groups.add('shared-webhook')
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
  })

  it('ends the wait for a worker group when the app is deleted', async () => {
    const { log, consumer, start, groups, apps, registry } = world()
    groups.clear()
    publish(log, 1, 5)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () =>
      expect(await registry.getSingleMetricAsString('hooklane_router_partitions')).toContain('waiting'),
    )
    apps.clear()
    await eventually(() => expect(log.committed).toBe(5n))
    expect(delivered(log)).toEqual([])
  })

  it('backs off for longer after each failure of a batch, even if earlier records are routed, and is not ready meanwhile', async () => {
    const { log, consumer, start, readiness, rests } = world()
    publish(log, 1, 9)
    log.poison = 7n
    // After the first failure, smaller batches before the failed offset succeed.
    consumer.fetches.push(3, 3, 3, 1, 3)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(rests).toEqual([300, 600, 1_200]))
    const since = readiness.reports.slice(
      readiness.reports.findIndex(({ detail }) => detail.includes('connection lost')),
    )
    expect(since.filter(({ ready }) => ready)).toEqual([])
    expect(since.at(-1)?.detail).toContain(`retrying partition ${PARTITION}: connection lost`)
    log.poison = null
    await eventually(() => expect(delivered(log)).toEqual(expected(9)))
    await eventually(() => expect(readiness.isReady).toBe(true))
  })

  it('ends the stream of a deleted app once, even if no more events arrive and the router restarts', async () => {
    const log = new InMemoryRouterLog()
    const first = world(log)
    publish(log, 1, 3)
    await first.start()
    first.consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    first.deleteApp()
    const ended = [...expected(3), 'end of 1 at 3']
    await eventually(() => expect(delivered(log)).toEqual(ended))
    expect(log.committed).toBe(3n)
    await first.stop()

    const second = world(log)
    second.deleteApp()
    await second.start()
    second.consumer.assign(EVENTS, STATE)
    publish(log, 4, 5)
    await eventually(() => expect(log.committed).toBe(5n))
    expect(delivered(log)).toEqual(ended)
  })

  it('opens another writer when a worker group that the old writer has written to is removed', async () => {
    const { log, consumer, router, start, groups, deleteApp } = world()
    publish(log, 1, 3)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(3))
    groups.add('shared-other')
    groups.delete('shared-other')
    router.onConfiguration()
    publish(log, 4, 4)
    await eventually(() => expect(delivered(log)).toHaveLength(4))
    expect(log.epoch).toBe(1)
    deleteApp()
    await eventually(() => expect(delivered(log)).toHaveLength(5))
    groups.clear()
    router.onConfiguration()
    await eventually(() => expect(log.epoch).toBe(2))
    publish(log, 5, 6)
    await eventually(() => expect(log.committed).toBe(6n))
  })

  it('opens another writer as soon as it has ended the stream of a dedicated group, before the topic can be deleted', async () => {
    const { log, consumer, start, groups, deleteApp } = world()
    groups.add('dedicated-app-a-1')
    publish(log, 1, 3)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(log.committed).toBe(3n))
    expect(log.epoch).toBe(1)
    deleteApp('dedicated-app-a-1')
    await eventually(() => expect(log.epoch).toBe(2))
    expect(log.records({ topic: topics.deliveries('dedicated-app-a-1'), partition: 0 })).toHaveLength(1)
    publish(log, 4, 5)
    await eventually(() => expect(log.committed).toBe(5n))
    expect(log.epoch).toBe(2)
  })

  it('retries when a topic is missing', async () => {
    const { log, consumer, start, registry } = world()
    publish(log, 1, 5)
    log.fault = 'missingTopic'
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
    expect(await registry.metrics()).toMatch(/router_incidents_total\{kind="topic_missing".*\} 1/)
  })

  it('refuses to restart its sequence numbers when its state is gone', async () => {
    const { log, consumer, start, readiness, registry } = world()
    publish(log, 1, 5)
    log.committed = 3n
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(async () => expect(await registry.metrics()).toMatch(/kind="state_lost"/))
    expect(delivered(log)).toEqual([])
    expect(readiness.isReady).toBe(false)
  })

  it('announces events that expired before they were routed, in their place and once, even if a transaction fails', async () => {
    const { log, consumer, start, registry } = world()
    publish(log, 1, 5)
    await start()
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(5)))
    consumer.assign()
    publish(log, 6, 12)
    log.low = 9n
    log.fault = 'lostAfter'
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    const resync = delivered(log)[5]
    expect(resync).toMatch(/^6 evt_/)
    expect(delivered(log)).toEqual([...expected(5), resync, '7 evt_10', '8 evt_11', '9 evt_12'])
    expect(await registry.metrics()).toMatch(/router_incidents_total\{kind="events_expired".*\} 1/)
    consumer.assign()
    consumer.assign(EVENTS, STATE)
    publish(log, 13, 13)
    await eventually(() => expect(delivered(log).slice(9)).toEqual(['10 evt_13']))
  })

  it('announces events that expired while it was behind, after the events that it had read before', async () => {
    const { log, consumer, start, groups } = world()
    groups.clear()
    publish(log, 1, 5)
    await start()
    consumer.assign(EVENTS, STATE)
    // The router waits for the group, and has read everything.
    await eventually(() => expect(consumer.positions.get(keyOf(EVENTS))).toBe(5n))
    log.low = 9n
    publish(log, 6, 12)
    groups.add('shared-webhook')
    await eventually(() => expect(delivered(log)).toHaveLength(9))
    const ids = delivered(log).map((one) => one.split(' ')[1])
    expect(ids.slice(0, 5)).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5'])
    expect(ids.slice(6)).toEqual(['evt_10', 'evt_11', 'evt_12'])
  })

  it('does not route a partition of `events` without its partition of `router.state`', async () => {
    const { log, consumer, start } = world()
    publish(log, 1, 2)
    await start()
    consumer.assign(EVENTS)
    expect(log.epoch).toBe(0)
    consumer.assign(EVENTS, STATE)
    await eventually(() => expect(delivered(log)).toEqual(expected(2)))
  })
})
