import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { DurablePosition } from './durable-position.js'

describe('durable position', () => {
  it('follows the end of settled commits', () => {
    const position = new DurablePosition(100n)
    position.received(120n)
    expect(position.lsn).toBe(100n)
    position.settled(130n)
    expect(position.lsn).toBe(130n)
  })

  it('follows keepalives of an idle source', () => {
    const position = new DurablePosition(100n)
    position.keepalive(500n)
    expect(position.lsn).toBe(500n)
  })

  it('does not follow a keepalive that overtook a transaction which is not published', () => {
    const position = new DurablePosition(100n)
    position.received(120n)
    position.keepalive(500n)
    expect(position.lsn).toBe(100n)
    position.settled(130n)
    position.keepalive(500n)
    expect(position.lsn).toBe(500n)
  })

  it('waits for a transaction whose commit begins exactly where the last one ended', () => {
    const position = new DurablePosition(100n)
    position.received(100n)
    position.keepalive(500n)
    expect(position.lsn).toBe(100n)
  })

  it('never goes back', () => {
    const position = new DurablePosition(100n)
    position.settled(90n)
    position.keepalive(80n)
    expect(position.lsn).toBe(100n)
  })

  it('never passes a received transaction that is not settled, whatever the order of messages', () => {
    const steps = fc.array(fc.constantFrom('begin', 'settle', 'keepalive'), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (kinds) => {
        const position = new DurablePosition(0n)
        let end = 0n
        const open: { commit: bigint; end: bigint }[] = []
        for (const kind of kinds) {
          if (kind === 'begin') {
            open.push({ commit: end, end: end + 10n })
            position.received(end)
            end += 10n
          } else if (kind === 'settle') {
            const oldest = open.shift()
            if (oldest) position.settled(oldest.end)
          } else position.keepalive(end)
          expect(open[0] === undefined || position.lsn <= open[0].commit).toBe(true)
        }
      }),
    )
  })
})
