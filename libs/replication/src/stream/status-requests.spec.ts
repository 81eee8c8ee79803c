import { describe, expect, it } from '@jest/globals'
import { StatusRequests, type Confirmation } from './status-requests.js'

/** A clock that only waiting moves. */
class Time {
  nowMs = 0
  readonly questions = new StatusRequests({
    nowMs: () => this.nowMs,
    pause: (ms) => {
      this.nowMs += ms
      return Promise.resolve()
    },
  })
}

/** What is confirmed, and how often it was noted and sent. */
function confirmationOf(canNote: () => boolean) {
  const seen = { noted: 0, sent: 0, isComplete: false }
  const confirmation: Confirmation = {
    isComplete: () => seen.isComplete,
    note: () => {
      seen.noted++
      seen.isComplete = canNote()
      return Promise.resolve()
    },
    send: () => {
      seen.sent++
    },
  }
  return { seen, confirmation }
}

/** A server that asks again as soon as it is answered, until everything is confirmed, as a server that shuts down does. */
async function shutDown(canNote: (time: Time) => boolean) {
  const time = new Time()
  const { seen, confirmation } = confirmationOf(() => canNote(time))
  for (let asked = 1; asked <= 1_000; asked++) {
    const isLetGo = await time.questions.asked(confirmation)
    if (isLetGo || seen.isComplete) return { ...seen, isLetGo, asked, afterMs: time.nowMs }
    time.nowMs += 1
  }
  throw new Error('it was kept')
}

describe('a server that shuts down', () => {
  it('gets a confirmation of what is settled as soon as that is noted', async () => {
    expect(await shutDown(() => true)).toMatchObject({ isLetGo: false, noted: 1, sent: 2, asked: 1 })
  })

  it('gets a confirmation of what is settled within some seconds', async () => {
    expect(await shutDown((time) => time.nowMs >= 1_500)).toMatchObject({ isLetGo: false, isComplete: true })
  })

  it('is let go when nothing can be noted for some seconds, and costs little until then', async () => {
    const end = await shutDown(() => false)
    expect(end.isLetGo).toBe(true)
    expect(end.afterMs).toBeLessThan(3_000)
    expect(end.sent).toBeLessThan(100)
  })

  it('is answered at once when everything is confirmed', async () => {
    const time = new Time()
    const { seen, confirmation } = confirmationOf(() => true)
    seen.isComplete = true
    for (let asked = 0; asked < 3; asked++) expect(await time.questions.asked(confirmation)).toBe(false)
    expect(seen.noted).toBe(0)
  })
})

describe('a server that runs', () => {
  it.each([300, 450, 900, 30_000])(
    'is kept, however long nothing can be noted, when it asks every %d ms',
    async (everyMs) => {
      const time = new Time()
      const { confirmation } = confirmationOf(() => false)
      for (let asked = 0; asked < 100; asked++) {
        expect(await time.questions.asked(confirmation)).toBe(false)
        time.nowMs += everyMs
      }
    },
  )
})
