import { describe, expect, it } from '@jest/globals'
import { judgeHistory, parseTimelineHistory, type FoundHistory, type KnownHistory } from './log-history.js'

const LOG = { systemIdentifier: '7301', timeline: 2 }
const known = (part: Partial<KnownHistory> = {}): KnownHistory => ({
  log: LOG,
  settledLsn: 1_000n,
  publishedLsn: 900n,
  ...part,
})
const found = (part: Partial<FoundHistory> = {}): FoundHistory => ({
  log: LOG,
  timelines: new Map([[1, 500n]]),
  confirmedLsn: 1_000n,
  walEndLsn: 2_000n,
  ...part,
})
/** Promoted, after the timeline that was read was left at this LSN. */
const promoted = (leftAt: bigint, part: Partial<FoundHistory> = {}): FoundHistory =>
  found({
    log: { ...LOG, timeline: 3 },
    timelines: new Map([
      [1, 500n],
      [2, leftAt],
    ]),
    ...part,
  })

describe('the history of a log', () => {
  it.each([
    ['a slot that confirms less than was settled', known(), found({ confirmedLsn: 10n }), 1_000n],
    ['a slot that confirms just what was settled', known(), found(), 1_000n],
    [
      'a mark that knows nothing of the log',
      known({ log: null, settledLsn: null }),
      found({ confirmedLsn: 5_000n }),
      null,
    ],
    ['a promotion behind everything that was settled', known(), promoted(1_500n), 1_000n],
    [
      'a promotion before what was settled, with the slot before it',
      known(),
      promoted(950n, { confirmedLsn: 940n }),
      950n,
    ],
    ['a source that has published nothing yet', known({ publishedLsn: null }), found(), 1_000n],
  ] as const)('%s: everything still comes', (_, before, now, settledLsn) => {
    expect(judgeHistory(before, now)).toEqual({ kind: 'continues', settledLsn })
  })

  it('a slot that begins after what was settled lacks the changes in between', () => {
    expect(judgeHistory(known(), found({ confirmedLsn: 1_001n }))).toEqual({
      kind: 'slotMoved',
      settledLsn: 1_000n,
      confirmedLsn: 1_001n,
    })
  })

  it('a new slot after a promotion lacks rows although it begins below what was settled', () => {
    expect(judgeHistory(known({ publishedLsn: 800n }), promoted(850n, { confirmedLsn: 960n }))).toEqual({
      kind: 'slotMoved',
      settledLsn: 850n,
      confirmedLsn: 960n,
    })
  })

  it('a promotion that lost published changes counts as a database that was set back', () => {
    expect(judgeHistory(known(), promoted(900n, { confirmedLsn: 10n }))).toEqual({
      kind: 'setBack',
      readLsn: 900n,
      endLsn: 900n,
    })
  })

  it('a log that ends before what was published, or was settled, is set back', () => {
    expect(judgeHistory(known(), found({ walEndLsn: 899n, confirmedLsn: 10n }))).toMatchObject({ kind: 'setBack' })
    expect(judgeHistory(known(), found({ walEndLsn: 999n, confirmedLsn: 10n }))).toMatchObject({ kind: 'setBack' })
  })

  it('another cluster, an older timeline and a sibling of the timeline are other databases', () => {
    const foreign = { systemIdentifier: '8', timeline: 2 }
    expect(judgeHistory(known(), found({ log: foreign }))).toEqual({ kind: 'otherDatabase' })
    expect(judgeHistory(known(), found({ log: { ...LOG, timeline: 1 }, timelines: new Map() }))).toEqual({
      kind: 'otherDatabase',
    })
    const sibling = found({ log: { ...LOG, timeline: 4 }, timelines: new Map([[1, 500n]]) })
    expect(judgeHistory(known(), sibling)).toEqual({ kind: 'otherDatabase' })
  })

  it('a history file is read line by line, whatever reasons follow the LSN', () => {
    const text = '1\t0/5000060\tno recovery target specified\n\n# made by hand\n2\tA/0\tbefore 2026-03-02 08:15:04+00\n'
    expect(parseTimelineHistory(text)).toEqual(
      new Map([
        [1, 0x5000060n],
        [2, 0xa_0000_0000n],
      ]),
    )
  })
})
