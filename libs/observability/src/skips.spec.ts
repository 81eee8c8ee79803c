import { describe, expect, it } from '@jest/globals'
import { Skips, type SkippedPart } from './skips.js'

function skipsWithLog() {
  const lines: Record<string, unknown>[] = []
  const line = (level: string) => (fields: object, message: string) => void lines.push({ level, ...fields, message })
  const skips = new Skips({ warn: line('warn'), error: line('error') } as never)
  const note = (part: Partial<SkippedPart>) =>
    skips.note(
      { from: 'pim', what: 'public.product', reason: 'companyMissing', count: 1, lastKey: '1', ...part },
      { level: 'warn', alarm: 'skipped', message: 'rows have no company', fields: { xid: '7' } },
    )
  return { skips, lines, note }
}

describe('what a process skips', () => {
  it('is counted by origin, part and reason; the most recent first', () => {
    const { skips, note } = skipsWithLog()
    note({ count: 2, lastKey: '4' })
    note({ reason: 'idMissing', lastKey: null })
    note({ count: 3, lastKey: '9' })
    expect(skips.report()).toMatchObject({
      skipped: [
        { from: 'pim', what: 'public.product', reason: 'companyMissing', count: 5, lastKey: '9' },
        { reason: 'idMissing', count: 1, lastKey: null },
      ],
      forgotten: 0,
    })
  })

  it('is logged with the key to look for, and thousands of the same kind are one line', () => {
    const { lines, note } = skipsWithLog()
    for (let n = 0; n < 5_000; n++) note({ lastKey: String(n) })
    note({ reason: 'idTooLong', what: null, lastKey: 'x' })
    const [first, second, ...more] = lines
    expect(first).toEqual({
      level: 'warn',
      alarm: 'skipped',
      from: 'pim',
      what: 'public.product',
      reason: 'companyMissing',
      key: '0',
      count: 1,
      xid: '7',
      message: 'rows have no company',
    })
    expect(second).toMatchObject({ reason: 'idTooLong', key: 'x' })
    expect(more).toEqual([])
  })

  it('takes bounded memory and log, whatever is sent, and counts what was forgotten', () => {
    const { skips, lines, note } = skipsWithLog()
    for (let n = 0; n < 3_000; n++) note({ what: `${'c'.repeat(5_000)}${n}`, lastKey: 'k'.repeat(5_000) })
    for (let n = 0; n < 3_000; n++) note({ what: `cmp_${n}` })
    const { skipped, forgotten } = skips.report()
    expect(skipped.length).toBeLessThanOrEqual(500)
    expect(skipped.reduce((sum, { count }) => sum + count, forgotten)).toBe(6_000)
    expect(JSON.stringify(skipped).length).toBeLessThan(500 * 1_000)
    expect(lines.length).toBeLessThanOrEqual(502)
    expect(skipped[0]?.what).toBe('cmp_2999')
  })
})
