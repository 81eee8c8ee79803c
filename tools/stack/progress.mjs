/** If nothing was printed for this long, the step that reported last, of those that have not ended, is announced as still running. */
const STILL_AFTER_MS = 10_000
/** How the last report of a step begins. */
const ENDED = /^(ready|done|running again)\b/

/**
 * Prints one line per report: the seconds since this function was called, the step, and the text of the report.
 *
 * @param {(line: string) => void} print
 * @returns {{ report: (step: string, text: string) => void, end: () => void }}
 */
export function createProgress(print) {
  const startedAt = Date.now()
  let spokenAt = startedAt
  /** The last report of each step that has not ended. @type {Map<string, string>} */
  const open = new Map()
  const line = (/** @type {string} */ step, /** @type {string} */ text) =>
    `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${step.padEnd(20)} ${text}`
  const reminder = setInterval(() => {
    const last = [...open].at(-1)
    if (Date.now() - spokenAt < STILL_AFTER_MS || last === undefined) return
    spokenAt = Date.now()
    print(line('…', `still running: ${last.join(': ')}`))
  }, 1_000)
  reminder.unref()
  return {
    report: (step, text) => {
      spokenAt = Date.now()
      open.delete(step)
      if (!ENDED.test(text)) open.set(step, text.split('\n')[0] ?? '')
      print(line(step, text))
    },
    end: () => clearInterval(reminder),
  }
}
