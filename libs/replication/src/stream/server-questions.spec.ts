import { describe, expect, it } from '@jest/globals'
import { ServerQuestions, type Confirmation } from './server-questions.js'

/** A server that asks again whenever it was answered, as one that shuts down does, until everything is confirmed. */
async function shutDown(canNote: boolean) {
  const questions = new ServerQuestions()
  let [noted, sent] = [0, 0]
  const confirmation: Confirmation = {
    isComplete: () => canNote && noted > 0,
    note: () => {
      noted++
      return Promise.resolve()
    },
    send: () => {
      sent++
    },
  }
  for (let asked = 1; asked <= 10; asked++) {
    if (await questions.asked(confirmation)) return { asked, noted, sent }
    if (confirmation.isComplete()) return { asked: null, noted, sent }
  }
  return { asked: 11, noted, sent }
}

describe('a server that shuts down', () => {
  it('gets what is settled confirmed, as soon as it is noted', async () => {
    expect(await shutDown(true)).toEqual({ asked: null, noted: 1, sent: 2 })
  })

  it('is let go when nothing can be noted any more', async () => {
    expect(await shutDown(false)).toMatchObject({ asked: 2 })
  })

  it('is answered at once when everything is confirmed', async () => {
    let noted = 0
    const isComplete = () => true
    const note = () => {
      noted++
      return Promise.resolve()
    }
    const questions = new ServerQuestions()
    for (let asked = 0; asked < 3; asked++)
      expect(await questions.asked({ isComplete, note, send: () => undefined })).toBe(false)
    expect(noted).toBe(0)
  })
})
