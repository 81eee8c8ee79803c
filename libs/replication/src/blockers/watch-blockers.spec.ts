import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { blockerOf, type Blocker, type HolderRow } from './blocker.js'
import { watchBlockers } from './watch-blockers.js'

const HOLDER: HolderRow = {
  virtualtransaction: '3/7',
  pid: null,
  application: null,
  login: null,
  database: null,
  state: null,
  seconds: null,
  gid: null,
  blocked_by: null,
}
const session = (pid: number): Blocker => blockerOf({ ...HOLDER, pid })

describe('work that is watched', () => {
  let blockers: readonly Blocker[]
  let reads: number
  let reports: string[][]
  const watch = (answer: () => Promise<readonly Blocker[]> = () => Promise.resolve(blockers)) =>
    watchBlockers({
      work: 'the slot',
      readBlockers: () => {
        reads++
        return answer()
      },
      onWaiting: (_work, found) => reports.push(found.map(({ id }) => id)),
    })

  beforeEach(() => {
    jest.useFakeTimers()
    blockers = [session(1)]
    reads = 0
    reports = []
  })
  afterEach(() => void jest.useRealTimers())

  it('is looked at only when it takes two seconds', async () => {
    const end = watch()
    await jest.advanceTimersByTimeAsync(1_999)
    end()
    await jest.advanceTimersByTimeAsync(60_000)
    expect([reads, reports]).toEqual([0, []])
  })

  it('is reported while it waits, with pauses that grow to 15 seconds, and once more when it ends', async () => {
    const end = watch()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(reads).toBe(6)
    end()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(reports).toEqual([...Array.from({ length: 6 }, () => ['session 1']), []])
  })

  it('that takes long without others is not reported', async () => {
    blockers = []
    const end = watch()
    await jest.advanceTimersByTimeAsync(2_000)
    expect(reports).toEqual([])
    blockers = [session(2)]
    await jest.advanceTimersByTimeAsync(4_000)
    blockers = []
    await jest.advanceTimersByTimeAsync(8_000)
    expect(reports).toEqual([['session 2'], []])
    end()
    expect(reports).toHaveLength(2)
  })

  it('that ends during a look is not reported afterwards', async () => {
    let answer: (found: readonly Blocker[]) => void = () => undefined
    const end = watch(() => new Promise((resolve) => (answer = resolve)))
    await jest.advanceTimersByTimeAsync(2_000)
    end()
    answer(blockers)
    await jest.advanceTimersByTimeAsync(60_000)
    expect([reads, reports]).toEqual([1, []])
  })
})

describe('a blocker', () => {
  it('is described by what the login may see of it', () => {
    expect(session(7)).toEqual({
      kind: 'session',
      id: 'session 7',
      description: 'session 7',
      statement: 'SELECT pg_terminate_backend(7);',
    })
    const seen = { application: 'shop', login: 'a', database: 'pim', state: 'active', seconds: '3', blocked_by: [0, 8] }
    expect(blockerOf({ ...HOLDER, ...seen, pid: 7 }).description).toBe(
      'session 7 (application shop, user a, database pim, active, transaction open for 3 s, which itself waits for a prepared transaction and session 8)',
    )
  })

  it('that is prepared is ended by its quoted name', () => {
    const { id, statement } = blockerOf({ ...HOLDER, gid: `it's 7` })
    expect([id, statement]).toEqual([`prepared transaction it's 7`, `ROLLBACK PREPARED 'it''s 7';`])
  })

  it('whose name cannot be printed is ended by no statement, but listed', () => {
    const { id, statement } = blockerOf({ ...HOLDER, gid: 'im\u00adport' })
    expect([id, statement]).toEqual([
      'prepared transaction im·port',
      'SELECT gid, database, prepared FROM pg_prepared_xacts;',
    ])
  })

  it('cannot send control sequences to a terminal', () => {
    expect(blockerOf({ ...HOLDER, pid: 7, application: '\u001b[2Jshop' }).description).toBe(
      'session 7 (application ·[2Jshop)',
    )
  })
})
