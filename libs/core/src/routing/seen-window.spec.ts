import { describe, expect, it } from '@jest/globals'
import type { SeenChunkState } from '@hooklane/contracts/records'
import fc from 'fast-check'
import { SEEN_CHUNK_IDS, SeenWindow } from './seen-window.js'

const newWindow = (chunks = 64) => new SeenWindow({ companyId: 'cmp_1', incarnation: 1, producer: 'pim' }, chunks)
const position = (n: number) => String(n).padStart(8, '0')

describe('SeenWindow', () => {
  it('remembers the last 10,000 ids', () => {
    const window = newWindow()
    for (let n = 0; n < 25_000; n++) window.remember(`evt_${n}`, position(n))
    for (let n = 15_000; n < 25_000; n++) expect(window.has(`evt_${n}`)).toBe(true)
    expect(window.has('evt_0')).toBe(false)
  })

  it('writes one chunk for a change, below 8 KiB even with the longest ids', () => {
    const window = newWindow()
    for (let n = 0; n < 10 * SEEN_CHUNK_IDS; n++) {
      window.remember(`${'x'.repeat(110)}${n}`, 'p'.repeat(128))
      const changes = window.takeChanges()
      expect(changes).toHaveLength(1)
      expect(JSON.stringify(changes[0]).length).toBeLessThan(8192)
    }
    expect(window.takeChanges()).toEqual([])
  })

  it('knows long ids again', () => {
    const window = newWindow()
    window.remember('y'.repeat(128), null)
    expect(window.has('y'.repeat(128))).toBe(true)
    expect(window.has('y'.repeat(127))).toBe(false)
  })

  it('is the same window after a restore, whatever was written when and in which order the records are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 * SEEN_CHUNK_IDS }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 2, max: 6 }),
        fc.infiniteStream(fc.nat()),
        (batches, chunks, random) => {
          const window = newWindow(chunks)
          const log = new Map<number, SeenChunkState>()
          let n = 0
          for (const size of batches) {
            for (let i = 0; i < size; i++) window.remember(`evt_${++n}`, n % 5 === 0 ? null : position(n))
            for (const state of window.takeChanges()) log.set(state.chunk % chunks, state)
          }
          const shuffled = [...log.values()]
            .map((state) => [random.next().value as number, state] as const)
            .sort((a, b) => a[0] - b[0])
          const restored = newWindow(chunks)
          for (const [, state] of shuffled) restored.restore(state)
          expect(restored.position).toBe(window.position)
          for (let id = 1; id <= n; id++) expect(restored.has(`evt_${id}`)).toBe(window.has(`evt_${id}`))
          restored.remember('next', null)
          window.remember('next', null)
          expect(restored.takeChanges()).toEqual(window.takeChanges())
        },
      ),
      { numRuns: 50 },
    )
  })
})
