import { describe, expect, it } from '@jest/globals'
import type { Blocker } from '@hooklane/replication'
import { Waits } from './waits.js'

const session = (pid: number): Blocker => ({
  kind: 'session',
  id: `session ${pid}`,
  description: `session ${pid} (application shop)`,
  statement: `SELECT pg_terminate_backend(${pid});`,
})

describe('the waits of a source', () => {
  it('name what waits, for whom, and the statement that ends it', () => {
    const waits = new Waits()
    waits.note('the slot', [session(1), session(2)], 0)
    waits.note('a look', [session(3)], 0)
    expect(waits.text).toBe(
      'the slot waits for session 1 (application shop), session 2 (application shop), and continues as soon as these have ended. ' +
        `To end them now (a session's open transaction is rolled back): SELECT pg_terminate_backend(1); SELECT pg_terminate_backend(2); ` +
        'a look waits for session 3 (application shop), and continues as soon as these have ended. ' +
        `To end them now (a session's open transaction is rolled back): SELECT pg_terminate_backend(3);`,
    )
    waits.note('the slot', [], 1)
    waits.note('a look', [], 1)
    expect(waits.text).toBe('')
  })

  it('warn of what is lost with a prepared transaction', () => {
    const prepared: Blocker = {
      kind: 'prepared',
      id: 'prepared transaction x',
      description: 'prepared transaction x',
      statement: `ROLLBACK PREPARED 'x';`,
    }
    expect(new Waits().note('the slot', [prepared], 0)).toBe(
      'the slot waits for prepared transaction x, and continues as soon as these have ended. To end them now ' +
        `(only its transaction manager knows whether a prepared transaction must be committed): ROLLBACK PREPARED 'x';`,
    )
  })

  it('do not claim that others are the cause when that cannot be read', () => {
    const unknown: Blocker = { kind: 'unknown', id: 'unknown', description: 'too many clients', statement: 'SELECT 1;' }
    expect(new Waits().note('the slot', [unknown], 0)).toBe(
      'the slot takes long. The sessions that it may wait for could not be read (too many clients). To see them, run: SELECT 1;',
    )
  })

  it('name no more than five blockers, the first ones', () => {
    const waits = new Waits()
    const text = waits.note('the slot', [1, 2, 3, 4, 5, 6, 7].map(session), 0)
    expect(text).toContain('session 5 (application shop) and 2 more')
    expect(text).not.toContain('session 6')
  })

  it('are logged at once, then with pauses that grow to ten minutes', () => {
    const waits = new Waits()
    const logged = Array.from({ length: 3_600 }, (_, second) =>
      waits.note('the slot', [session(1)], second * 1_000) === null ? [] : [second],
    ).flat()
    expect(logged).toEqual([0, 30, 90, 210, 450, 930, 1_530, 2_130, 2_730, 3_330])
  })

  it('that come and go are not logged more often', () => {
    const waits = new Waits()
    expect(waits.note('a look', [session(1)], 0)).not.toBeNull()
    waits.note('a look', [], 5_000)
    expect(waits.note('a look', [session(2)], 10_000)).toBeNull()
    expect(waits.text).toContain('session 2')
    expect(waits.note('the slot', [session(2)], 10_000)).not.toBeNull()
  })

  it('are logged soon again when the work has not waited for long', () => {
    const waits = new Waits()
    for (const second of [0, 30, 90]) waits.note('the slot', [session(1)], second * 1_000)
    waits.note('the slot', [], 100_000)
    expect(waits.note('the slot', [session(1)], 1_000_000)).not.toBeNull()
    expect(waits.note('the slot', [session(1)], 1_030_000)).not.toBeNull()
  })
})
