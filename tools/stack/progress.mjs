/** A step that says nothing for so long is reported as still under way. */
const STILL_AFTER_MS = 10_000

/**
 * Prints one line per step of a start: seconds since it began, who speaks, what it does.
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
    print(line('…', `still at it: ${last}`))
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
