import { mayHoldEscapes, TooCostly, unfinishedFrom, type Escapes } from './escapes.js'
import { GraphWalk, isLost, type Reading } from './graph-walk.js'
import { ANY, graphOf, LOST, mayBeNamed, type SecretGraph } from './secret-graph.js'
import type { PatternSet } from './secret-patterns.js'
import { MIN_SECRET_LENGTH } from './target-secrets.js'

/** A part of a text that repeats a pattern. */
export interface Finding {
  readonly from: number
  /** One past the last character; null: the text ends before the pattern does. */
  readonly to: number | null
}

/**
 * Maximum number of steps in the search of one text. A step compares one character with a pattern and takes about ten nanoseconds. Too low:
 * long texts without a secret are masked as a whole. Too high: a receiver can make the process spend milliseconds on each response.
 */
const MAX_STEPS = 100_000

/** How many steps one reading of a character counts as, because following it takes longer than a comparison. */
const STEPS_OF_READING = 4

/** Characters that the search ignores: line breaks, NUL (beside each ASCII character in UTF-16), and U+FFFD (as which NUL is stored). */
const IGNORED = new Set(['\n', '\r', '\0', LOST])
const withoutIgnored = (text: string): string => text.replace(/[\n\r\0\ufffd]+/g, '')
/** Matches every text that may hold a secret without any ASCII character. A `?` may stand for a lost character. */
const BEYOND_ASCII = /[^\x00-\x7f]|\?/

/** The patterns that may begin with a character, by the code of this character. */
class PatternTable {
  /** For codes below 256. Higher codes are in a map, because an array with a few high indexes is as slow as a map. */
  private readonly low: SecretGraph[][] = Array.from({ length: 0x100 }, () => [])
  private readonly high = new Map<number, SecretGraph[]>()

  constructor(graphs: readonly SecretGraph[]) {
    for (const graph of graphs) for (const code of firstCodes(graph)) this.add(code, graph)
  }

  get(code: number): readonly SecretGraph[] {
    return (code < 0x100 ? this.low[code] : this.high.get(code)) ?? NO_PATTERNS
  }

  private add(code: number, graph: SecretGraph): void {
    const others = code < 0x100 ? this.low[code] : this.high.get(code)
    if (others) others.push(graph)
    else this.high.set(code, [graph])
  }
}

const NO_PATTERNS: readonly SecretGraph[] = []

function firstCodes({ head, nodes }: SecretGraph): ReadonlySet<number> {
  const first = head.charAt(0)
  const characters = first === '' ? [...(nodes[0]?.edges.keys() ?? [])] : [first, ...(mayBeNamed(first) ? [ANY] : [])]
  return new Set(characters.map((character) => character.charCodeAt(0)))
}

/** Searches many texts for one set of patterns. For most places, one look-up shows that no pattern begins there. */
export class PatternSearch {
  /** A shorter text holds no pattern. */
  readonly minLength: number
  readonly table: PatternTable
  private readonly graphs: readonly SecretGraph[]

  constructor(readonly set: PatternSet) {
    this.graphs = set.patterns.map((pattern) => graphOf(pattern, set.fold, MIN_SECRET_LENGTH))
    this.table = new PatternTable(this.graphs)
    this.minLength = Math.min(...this.graphs.map(({ core }) => core.length))
  }

  /** Whether `find` must search the text. This check is much faster than `find`, but cannot rule out a text with escapes. */
  mayHold(text: string): boolean {
    if (mayHoldEscapes(text)) return true
    const folded = this.set.fold(withoutIgnored(text))
    return this.graphs.some(({ core }) => (core === '' ? BEYOND_ASCII.test(text) : folded.includes(core)))
  }

  /**
   * Returns each part of a text that repeats a pattern, however it is escaped, and each end of the text that may be the beginning of a
   * pattern.
   * @param escapes the escapes of the text
   * @throws TooCostly
   */
  find(text: string, escapes: Escapes): readonly Finding[] {
    return new TextSearch(this.set.fold(text), escapes, this).run()
  }
}

class TextSearch {
  private readonly findings: Finding[] = []
  private readonly unfinishedFrom: number
  private readonly readings = new Map<number, readonly Reading[]>()
  private steps = 0
  private lostRun = { character: '', from: 0, to: -1 }
  private readonly fold: PatternSet['fold']
  private readonly table: PatternTable

  constructor(
    private readonly text: string,
    private readonly escapes: Escapes,
    { set, table }: Pick<PatternSearch, 'set' | 'table'>,
  ) {
    this.fold = set.fold
    this.table = table
    this.unfinishedFrom = unfinishedFrom(text)
  }

  run(): readonly Finding[] {
    for (let at = 0; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at)
      // A pattern that begins within a run of lost characters also begins at the start of the run.
      if (code !== LOST_CODE || this.text.charCodeAt(at - 1) !== code) this.lookFor(code, at, this.endOf)
      if (code === QUESTION_MARK && this.text.charCodeAt(at - 1) !== code)
        this.lookFor(LOST_CODE, at, this.endOfSpelled)
      if (isIntroducer(code)) this.lookForEscaped(at)
    }
    return this.findings
  }

  private lookForEscaped(from: number): void {
    for (const { character, next } of this.escapes.get(from) ?? []) {
      // The end of the text may have cut off an inner escape here, which could stand for any character.
      if (next >= this.unfinishedFrom && isIntroducer(character.charCodeAt(0))) this.findings.push({ from, to: null })
      this.lookFor(this.fold(character).charCodeAt(0), from, this.endOfSpelled)
    }
  }

  private lookFor(code: number, from: number, endOf: (graph: SecretGraph, from: number) => number | null | undefined) {
    for (const graph of this.table.get(code)) {
      const to = endOf(graph, from)
      if (to !== undefined) this.findings.push({ from, to })
    }
  }

  /** Returns the end of the pattern that begins at `from`; null when the text ends first; undefined when another text stands there. */
  private readonly endOf = (graph: SecretGraph, from: number): number | null | undefined => {
    const { head, nodes } = graph
    let at = from
    for (let index = 0; index < head.length; index++, at++) {
      this.step(1)
      const code = this.text.charCodeAt(at)
      if (Number.isNaN(code)) return null
      if (isSpecial(code)) return this.mayBe(head.charAt(index), at) ? this.endBehind(graph, index, at) : undefined
      if (code !== head.charCodeAt(index)) return undefined
    }
    return nodes.length === 0 ? at : this.endBehind(graph, head.length, at)
  }

  private readonly endOfSpelled = (graph: SecretGraph, from: number): number | null | undefined =>
    this.endBehind(graph, 0, from)

  /** Whether the text at this place may be read as the ASCII character `wanted`, as an unknown character, or as an ignored one. */
  private mayBe(wanted: string, at: number): boolean {
    this.step(1)
    if (this.isEnd(at)) return true
    return this.readingsAt(at).some(
      ({ character }) => character === wanted || character === ANY || IGNORED.has(character),
    )
  }

  /**
   * Like `endOf`, but begins at node `first` of the pattern, and tries all readings of the text: each character of the pattern is compared
   * at every place to which a reading of the earlier characters leads.
   */
  private endBehind(graph: SecretGraph, first: number, at: number): number | null | undefined {
    const walk = new GraphWalk(graph, (count) => this.step(count))
    walk.enter(first, { at, sure: first })
    const end = graph.head.length + graph.nodes.length
    let isCut = false
    for (let node = first; node < end && node <= walk.highest; node++) {
      // Following a node may add to its places during this loop.
      for (const place of walk.placesOf(node)) {
        isCut ||= this.isEnd(place.at)
        for (const reading of this.readingsAt(place.at)) {
          this.step(STEPS_OF_READING)
          walk.follow(node, reading, place.sure)
          if (IGNORED.has(reading.character)) walk.enter(node, { at: reading.runEnd, sure: place.sure })
        }
      }
    }
    const found = walk.placesOf(end).filter(({ sure }) => sure >= graph.minSure)
    if (found.length > 0) return Math.max(...found.map((place) => place.at))
    return isCut ? null : undefined
  }

  /** Whether the text ends at this place, or an escape begins here that the end of the text may have cut off. */
  private isEnd(place: number): boolean {
    if (place >= this.text.length) return true
    return place >= this.unfinishedFrom && isIntroducer(this.text.charCodeAt(place))
  }

  private readingsAt(at: number): readonly Reading[] {
    const known = this.readings.get(at)
    if (known) return known
    const readings = [this.readingOf(this.text.charAt(at), at + 1)]
    for (const { character, next } of this.escapes.get(at) ?? [])
      readings.push(this.readingOf(this.fold(character), next))
    this.readings.set(at, readings)
    return readings
  }

  private readingOf(character: string, next: number): Reading {
    return { character, next, runEnd: isLost(character) ? this.runEndOf(character, next) : next }
  }

  /** Remembers the last run of lost characters, because the search asks for the end of a run at each of its characters. */
  private runEndOf(character: string, from: number): number {
    const run = this.lostRun
    if (run.character === character && from >= run.from && from <= run.to) return run.to
    let to = from
    while (this.text.charAt(to) === character) to++
    this.lostRun = { character, from, to }
    return to
  }

  private step(count: number): void {
    this.steps += count
    if (this.steps > MAX_STEPS) throw new TooCostly()
  }
}

const LOST_CODE = LOST.charCodeAt(0)
const QUESTION_MARK = 0x3f

/** Whether the character begins escapes: `\`, `%` or `&`. */
const isIntroducer = (code: number): boolean => code === 0x5c || code === 0x25 || code === 0x26
/** Whether the character can be read in several ways, or is ignored. */
const isSpecial = (code: number): boolean =>
  isIntroducer(code) || code === 0x0a || code === 0x0d || code === 0 || code === LOST_CODE
