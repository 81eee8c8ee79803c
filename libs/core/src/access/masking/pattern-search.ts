import { mayHoldEscapes, TooCostly, type Escapes } from './escapes.js'
import type { PatternSet } from './secret-patterns.js'

/** Where a text repeats a pattern. */
export interface Finding {
  readonly from: number
  /** One past the last character; null: the text ends before the pattern does. */
  readonly to: number | null
}

/**
 * Comparisons of a character with a pattern, each some ten nanoseconds. Too low: long texts without a secret are masked whole. Too high:
 * one receiver costs the process milliseconds for each response.
 */
const MAX_STEPS = 100_000

const inOneLine = (text: string): string => text.replaceAll('\n', '').replaceAll('\r', '')

/** Patterns by the code of their first character. */
type PatternTable = readonly (readonly string[] | undefined)[]

const tableOf = (patterns: readonly string[]): PatternTable => {
  const table: string[][] = []
  for (const pattern of patterns) (table[pattern.charCodeAt(0)] ??= []).push(pattern)
  return table
}

/** A set of patterns, ready to be looked for in many texts. Most places of a text are dismissed by their first character. */
export class PatternSearch {
  private readonly table: PatternTable

  constructor(private readonly set: PatternSet) {
    this.table = tableOf(set.patterns)
  }

  /** Whether each place must be searched. A text without escapes that holds no pattern, line breaks left out, is dismissed much faster. */
  mayHold(text: string): boolean {
    if (mayHoldEscapes(text)) return true
    const folded = this.set.fold(inOneLine(text))
    return this.set.patterns.some((pattern) => folded.includes(pattern))
  }

  /**
   * Everything in a text that repeats a pattern or begins one at its end, however it is escaped.
   * @param escapes those of the text
   * @throws TooCostly
   */
  find(text: string, escapes: Escapes): readonly Finding[] {
    return new TextSearch(this.set.fold(text), escapes, this.set.fold, this.table).run()
  }
}

class TextSearch {
  private readonly findings: Finding[] = []
  private steps = 0

  constructor(
    private readonly text: string,
    private readonly escapes: Escapes,
    private readonly fold: PatternSet['fold'],
    private readonly table: PatternTable,
  ) {}

  run(): readonly Finding[] {
    for (let at = 0; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at)
      const patterns = this.table[code]
      if (patterns) this.lookFor(patterns, at, at + 1)
      if (isIntroducer(code)) this.lookForEscaped(at)
    }
    return this.findings
  }

  private lookForEscaped(from: number): void {
    for (const { character, next } of this.escapes.get(from) ?? []) {
      this.lookFor(this.table[this.fold(character).charCodeAt(0)] ?? [], from, next)
    }
  }

  private lookFor(patterns: readonly string[], from: number, next: number): void {
    for (const pattern of patterns) {
      const to = this.endOf(pattern, next)
      if (to !== undefined) this.findings.push({ from, to })
    }
  }

  /** Where the pattern ends whose first character stands before `at`; null when the text ends first, undefined when the text differs. */
  private endOf(pattern: string, at: number): number | null | undefined {
    for (let index = 1; index < pattern.length; index++, at++) {
      if (++this.steps > MAX_STEPS) throw new TooCostly()
      const code = this.text.charCodeAt(at)
      if (Number.isNaN(code)) return null
      if (isSpecial(code)) return this.endOfEscaped(pattern, index, at)
      if (code !== pattern.charCodeAt(index)) return undefined
    }
    return at
  }

  /**
   * The same from the pattern's character `index` on. Each character is looked for at every place to which some reading of the earlier ones
   * leads.
   */
  private endOfEscaped(pattern: string, index: number, at: number): number | null | undefined {
    let places = [at]
    let isCut = false
    for (; index < pattern.length; index++) {
      const wanted = pattern.charAt(index)
      const following: number[] = []
      const visit = (character: string, next: number): void => {
        if (character === wanted) addOnce(following, next)
        // A line break does not count: the same character is looked for after it.
        else if (character === '\n' || character === '\r') addOnce(places, next)
      }
      // `visit` adds to `places` during this loop.
      for (const place of places) {
        if (++this.steps > MAX_STEPS) throw new TooCostly()
        isCut ||= place >= this.text.length
        visit(this.text.charAt(place), place + 1)
        for (const { character, next } of this.escapes.get(place) ?? []) visit(this.fold(character), next)
      }
      if (following.length === 0) return isCut ? null : undefined
      places = following
    }
    return Math.max(...places)
  }
}

/** `\\`, `%`, `&` */
const isIntroducer = (code: number): boolean => code === 0x5c || code === 0x25 || code === 0x26
/** A character that can be read in several ways, or that does not count. */
const isSpecial = (code: number): boolean => isIntroducer(code) || code === 0x0a || code === 0x0d

function addOnce(places: number[], place: number): void {
  if (!places.includes(place)) places.push(place)
}
