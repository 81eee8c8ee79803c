import { escapesIn, TooCostly, withoutUnfinishedEscape } from './escapes.js'
import { PatternSearch, type Finding } from './pattern-search.js'
import { patternSetsOf, type PatternSet } from './secret-patterns.js'
import { MASK } from './shown-url.js'

/** Removes secrets from texts that others wrote. Each version of a subscription has one, used for every response. */
export interface SecretScrubber {
  /**
   * Returns the text with `***` in place of every secret. A secret is found as it is, in hex, and in base64 (also within the base64 of a
   * longer text), and when JSON, a URL or HTML has escaped one of these up to twice. Returns the same text when it holds no secret, and
   * only `***` when the search takes too long.
   */
  scrub(text: string): string
  /** Like `scrub`, for a text whose end was cut off. The result ends before what may be the beginning of a secret. */
  scrubCut(text: string): string
}

const NOTHING_TO_HIDE: SecretScrubber = { scrub: (text) => text, scrubCut: (text) => text }

/** @param secrets the result of `secretTextsOf` */
export function createSecretScrubber(secrets: readonly string[]): SecretScrubber {
  if (secrets.length === 0) return NOTHING_TO_HIDE
  const searches = patternSetsOf(secrets).map((set) => ({ set, search: new PatternSearch(set) }))
  const shortest = Math.min(...searches.map(({ search }) => search.minLength))
  const rangesIn = (text: string): readonly Finding[] => {
    const escapes = escapesIn(text)
    return searches.flatMap(({ set, search }) => search.find(text, escapes).map((one) => widened(one, text, set)))
  }
  return {
    scrub: (text) => {
      if (text.length < shortest || !searches.some(({ search }) => search.mayHold(text))) return text
      return unlessTooCostly(() => masked(text, rangesIn(text)))
    },
    scrubCut: (text) => {
      const whole = withoutUnfinishedEscape(text)
      return unlessTooCostly(() => {
        const ranges = rangesIn(whole)
        const end = Math.min(whole.length, ...ranges.filter(({ to }) => to === null).map(({ from }) => from))
        return masked(whole.slice(0, end), ranges)
      })
    },
  }
}

function unlessTooCostly(scrub: () => string): string {
  try {
    return scrub()
  } catch (error) {
    if (error instanceof TooCostly) return MASK
    throw error
  }
}

/** Adds the neighbouring characters that may hold bits of the secret to the finding. */
const widened = ({ from, to }: Finding, text: string, { isPartOf }: PatternSet): Finding => ({
  from: isPartOf(text.charAt(from - 1)) ? from - 1 : from,
  to: to !== null && isPartOf(text.charAt(to)) ? to + 1 : to,
})

/** Ranges that touch become one mask. Ranges without an end, and ranges beyond the text, are ignored. */
function masked(text: string, ranges: readonly Finding[]): string {
  const parts: string[] = []
  let at = 0
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (to === null || from >= text.length) continue
    if (from > at || parts.length === 0) parts.push(text.slice(at, from), MASK)
    at = Math.max(at, to)
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(at)
}
