import { describe, expect, it } from '@jest/globals'
import type { Activity, Lane } from './lane.js'
import { plainLane } from './lane.js'
import { openSession, type Session } from './session.js'
import { step } from './step.js'
import { setActivity, setMode, NEXT_ACTIVITIES } from './transitions.js'

const ACTIVITIES = Object.keys(NEXT_ACTIVITIES) as Activity[]
const END = { kind: 'ended', appId: 'app_1', companyId: 'c', sequence: 0n, streamEpoch: 1, offset: 0n } as const

function laneDoing(activity: Activity, strict: boolean): { session: Session; lane: Lane } {
  const token = { workerGroup: 'g', partition: 0, owner: 'o', epoch: 1n }
  const session = openSession({
    workerGroup: 'g',
    partition: 0,
    grant: { token, mainOffset: null, done: null },
    rows: [],
    logStart: 0n,
    nowMs: 0,
    deadlineMs: 1_000,
    settings: { marginMs: 1, inlineWindowMs: 1, spreadMax: 10n, strict },
  })
  const lane = plainLane({ ...END, routedAt: '' })
  session.lanes.set(lane.appId, lane)
  if (activity !== 'idle') setActivity(session, lane, activity)
  return { session, lane }
}

describe('a lane', () => {
  it.each(ACTIVITIES.flatMap((from) => ACTIVITIES.map((to) => [from, to] as const)))(
    'that is %s enters %s only if the table says so',
    (from, to) => {
      const { session, lane } = laneDoing(from, true)
      if (NEXT_ACTIVITIES[from].includes(to)) {
        setActivity(session, lane, to)
        expect(lane.activity).toBe(to)
      } else {
        expect(() => setActivity(session, lane, to)).toThrow(`illegal transition: lane app_1 from ${from} to ${to}`)
        expect(lane.activity).toBe(from)
      }
    },
  )

  it('changes its mode, and staying in it is no transition', () => {
    const { session, lane } = laneDoing('idle', true)
    for (const mode of ['flow', 'parked', 'parked', 'flow'] as const) {
      setMode(session, lane, mode)
      expect(lane.mode).toBe(mode)
    }
  })

  it('keeps its activity in production, its session ends, and an alarm says why, once', () => {
    const { session, lane } = laneDoing('waiting', false)
    setActivity(session, lane, 'attempting')
    expect(lane.activity).toBe('waiting')
    const effects = step(session, { type: 'saveDue', nowMs: 1 })
    const detail = 'lane app_1 from waiting to attempting'
    expect(effects).toEqual([
      { type: 'alarm', kind: 'illegalTransition', appId: 'app_1', detail },
      { type: 'abandon', release: true },
    ])
  })
})
