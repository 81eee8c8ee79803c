import { mayHoldEscapes, TooCostly, unfinishedFrom, type Escapes } from './escapes.js'
import { GraphWalk, isLost, type Reading } from './graph-walk.js'
import { ANY, graphOf, LOST, mayBeNamed, type SecretGraph } from './secret-graph.js'
import type { PatternSet } from './secret-patterns.js'
import { MIN_SECRET_LENGTH } from './target-secrets.js'

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

/** How much longer it takes to follow a reading of a character than to compare one. */
const STEPS_OF_READING = 4

/** Characters that do not count: line breaks, and NUL (also as it is stored), which stands beside each ASCII character in UTF-16. */
const IGNORED = new Set(['\n', '\r', '\0', LOST])
const withoutIgnored = (text: string): string => text.replace(/[\n\r\0\ufffd]+/g, '')
/** A text without a match holds no secret that is entirely beyond ASCII. */
const BEYOND_ASCII = /[^\x00-\x7f]|\?/

/** Patterns by the code of a character that they may begin with. */
class PatternTable {
  /** By codes below 256: an array with a few high indexes is as slow as a map. */
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

/** A set of patterns, ready to be looked for in many texts. Most places of a text are dismissed by their first character. */
export class PatternSearch {
  /** Texts that are shorter hold no pattern. */
  readonly minLength: number
  readonly table: PatternTable
  private readonly graphs: readonly SecretGraph[]

  constructor(readonly set: PatternSet) {
    this.graphs = set.patterns.map((pattern) => graphOf(pattern, set.fold, MIN_SECRET_LENGTH))
    this.table = new PatternTable(this.graphs)
    this.minLength = Math.min(...this.graphs.map(({ core }) => core.length))
  }

  /**
   * Whether each place must be searched. A text without escapes that holds no pattern, ignored characters left out, is dismissed much
   * faster.
   */
  mayHold(text: string): boolean {
    if (mayHoldEscapes(text)) return true
    const folded = this.set.fold(withoutIgnored(text))
    return this.graphs.some(({ core }) => (core === '' ? BEYOND_ASCII.test(text) : folded.includes(core)))
  }

  /**
   * Everything in a text that repeats a pattern or begins one at its end, however it is escaped.
   * @param escapes those of the text
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
      // Within a run of lost characters nothing begins that does not begin with the run.
      if (code !== LOST_CODE || this.text.charCodeAt(at - 1) !== code) this.lookFor(code, at, this.endOf)
      if (code === QUESTION_MARK && this.text.charCodeAt(at - 1) !== code)
        this.lookFor(LOST_CODE, at, this.endOfSpelled)
      if (isIntroducer(code)) this.lookForEscaped(at)
    }
    return this.findings
  }

  private lookForEscaped(from: number): void {
    for (const { character, next } of this.escapes.get(from) ?? []) {
      // An escape of the second layer may be cut in two here, and stand for any character.
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

  /** Where the pattern ends that begins at `from`; null when the text ends first, undefined when the text differs. */
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

  /** Whether a reading of the text at a place is this ASCII character, or tells nothing about it. */
  private mayBe(wanted: string, at: number): boolean {
    this.step(1)
    if (this.isEnd(at)) return true
    return this.readingsAt(at).some(
      ({ character }) => character === wanted || character === ANY || IGNORED.has(character),
    )
  }

  /**
   * The same from the pattern's node `node` on. Each character is looked for at every place to which some reading of the earlier ones
   * leads.
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

  /** Whether the text, or an escape that begins at this place, may go on behind the end. */
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

  /** Remembers the last run: it is asked for at each of its places. */
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

/** `\\`, `%`, `&` */
const isIntroducer = (code: number): boolean => code === 0x5c || code === 0x25 || code === 0x26
/** A character that can be read in several ways, or that does not count. */
const isSpecial = (code: number): boolean =>
  isIntroducer(code) || code === 0x0a || code === 0x0d || code === 0 || code === LOST_CODE
