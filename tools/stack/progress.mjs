/** A step that reports nothing for this long is announced as still running. */
const STILL_AFTER_MS = 10_000

/**
 * Prints one line per report of a start: the seconds since the start began, the step, and its text.
 *
 * @param {(line: string) => void} print
 * @returns {{ report: (step: string, text: string) => void, end: () => void }}
 */
export function createProgress(print) {
  const startedAt = Date.now()
  let spokenAt = startedAt
  let last = ''
  const line = (/** @type {string} */ step, /** @type {string} */ text) =>
    `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${step.padEnd(20)} ${text}`
  const reminder = setInterval(() => {
    if (Date.now() - spokenAt < STILL_AFTER_MS || last === '') return
    spokenAt = Date.now()
    print(line('…', `still running: ${last}`))
  }, 1_000)
  reminder.unref()
  return {
    report: (step, text) => {
      spokenAt = Date.now()
      last = `${step}: ${text.split('\n')[0]}`
      print(line(step, text))
    },
    end: () => clearInterval(reminder),
  }
}
