import { closestName } from '@hooklane/core/configuration'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml'
import type { Environment } from '../settings/read-settings.js'
import type { CaptureFileFault } from './capture-file-error.js'
import { expandReferences, joined, type ExpandedPiece } from './environment-references.js'

/** Keys of the format that this version does not support yet. */
const NOT_AVAILABLE_YET: ReadonlySet<string> = new Set(['partOf', 'through', 'settle', 'outbox', 'statusEvent'])

/** A YAML text with the faults found in it so far. */
export class YamlFile {
  readonly faults: CaptureFileFault[] = []
  private readonly lines = new LineCounter()
  private readonly document: Document.Parsed

  constructor(
    text: string,
    readonly environment: Environment,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, stringKeys: false })
    for (const error of this.document.errors) {
      this.faults.push({ path: '', line: this.lineAt(error.pos[0]), message: error.message })
    }
  }

  root(): YamlValue {
    return new YamlValue(this, this.document.contents, { path: '', parentOffset: 0 })
  }

  resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node
  }

  lineAt(offset: number): number {
    return Math.max(1, this.lines.linePos(offset).line)
  }
}

/**
 * One value of the file. Each reading method expects one kind of value. If the value is of another kind, the method adds a fault to the
 * file and returns null (`constant`: undefined).
 */
export class YamlValue {
  readonly path: string
  private readonly node: unknown
  private readonly parentOffset: number

  constructor(
    private readonly file: YamlFile,
    node: unknown,
    { path, parentOffset }: { readonly path: string; readonly parentOffset: number },
  ) {
    this.node = file.resolve(node)
    this.path = path
    this.parentOffset = parentOffset
  }

  /** Whether the value is missing or null. */
  isNull(): boolean {
    return this.node === null || this.node === undefined || (isScalar(this.node) && this.node.value === null)
  }

  fault(message: string): null {
    this.file.faults.push({ path: this.path, line: this.line, message })
    return null
  }

  get line(): number {
    return this.file.lineAt(this.offset())
  }

  /** The text of an entry as written, with references unresolved. Null, without a fault, when it is not text. */
  writtenText(key: string): string | null {
    const text: unknown = isMap(this.node) ? this.node.get(key) : null
    return typeof text === 'string' ? text : null
  }

  /**
   * The first line on which each name is written below this map: as a text, as a key, or as a `{placeholder}`. Entries under `exceptKeys`
   * are not searched.
   */
  linesOf(names: readonly string[], exceptKeys: readonly string[]): ReadonlyMap<string, number> {
    const lines = new Map<string, number>()
    for (const { key, value } of isMap(this.node) ? this.membersOf(this.node) : []) {
      if (!exceptKeys.includes(key)) value.noteLinesOf(names, lines)
    }
    return lines
  }

  private noteLinesOf(names: readonly string[], lines: Map<string, number>): void {
    visit(this.node as Node | null, {
      Scalar: (_key, node) => {
        const text = String(node.value)
        for (const name of names) {
          if (lines.has(name) || (text !== name && !text.includes(`{${name}}`))) continue
          lines.set(name, this.file.lineAt(startOf(node) ?? this.offset()))
        }
      },
    })
  }

  /** Non-empty text, with its references resolved. */
  text(): string | null {
    const pieces = this.pieces()
    return pieces === null ? null : joined(pieces)
  }

  /** Like `text`, in pieces: a caller that parses the text must not interpret the pieces that came from the environment. */
  pieces(): readonly ExpandedPiece[] | null {
    const value = isScalar(this.node) ? this.node.value : undefined
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
      return this.fault('must be text: write it in quotes')
    }
    if (typeof value !== 'string') return this.fault('must be text')
    if (value === '') return this.fault('must not be empty')
    const expansion = expandReferences(value, this.file.environment)
    if (expansion.ok) return expansion.pieces
    for (const message of expansion.faults) this.fault(message)
    return null
  }

  matching(pattern: RegExp, rule: string): string | null {
    const text = this.text()
    if (text === null) return null
    return pattern.test(text) ? text : this.fault(rule)
  }

  integer(min: number, max: number): number | null {
    const value = isScalar(this.node) ? this.node.value : undefined
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : this.fault(`must be a whole number from ${min} to ${max}`)
  }

  constant(): string | number | boolean | null | undefined {
    const value = isScalar(this.node) ? this.node.value : undefined
    if (value === null || typeof value === 'boolean') return value
    if (typeof value === 'string') return expandedOrUndefined(this, value)
    if (typeof value === 'number') {
      if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value
      this.fault('is a number that cannot be represented exactly: write it in quotes')
      return undefined
    }
    this.fault('must be text, a number, true, false or null')
    return undefined
  }

  /** Distinct texts, at least one. */
  texts(): string[] | null {
    const items = this.items()
    if (items === null) return null
    if (items.length === 0) return this.fault('must name at least one column')
    const seen = new Set<string>()
    for (const item of items) {
      const text = item.text()
      if (text === null) continue
      if (seen.has(text)) item.fault(`${text} is listed twice`)
      seen.add(text)
    }
    return [...seen]
  }

  textOrTexts(): string[] | null {
    if (isSeq(this.node)) return this.texts()
    const text = this.text()
    return text === null ? null : [text]
  }

  items(): YamlValue[] | null {
    if (!isSeq(this.node)) return this.fault('must be a list')
    const parentOffset = this.offset()
    return this.node.items.map(
      (item, at) => new YamlValue(this.file, item, { path: `${this.path}[${at}]`, parentOffset }),
    )
  }

  /** The entries of a map whose keys the author chooses: tables by name, constants by column. */
  members(): YamlMember[] | null {
    return isMap(this.node) ? this.membersOf(this.node) : this.fault('must be a map')
  }

  /** The entries of a map with a fixed set of keys. Any other key is a fault. */
  fields(known: readonly string[]): YamlFields | null {
    if (!isMap(this.node)) return this.fault('must be a map')
    const values = new Map<string, YamlValue>()
    let isIncomplete = false
    for (const { key, value, keyOffset } of this.membersOf(this.node)) {
      if (known.includes(key)) values.set(key, value)
      else value.unknown(key, known, keyOffset)
      isIncomplete ||= NOT_AVAILABLE_YET.has(key)
    }
    return new YamlFields(this, values, isIncomplete)
  }

  private unknown(key: string, known: readonly string[], offset: number): void {
    const meant = closestName(key, known)
    const message = NOT_AVAILABLE_YET.has(key)
      ? `${key} is not available yet`
      : `${key} is unknown here${meant === null ? `; known keys are ${known.join(', ')}` : `: did you mean ${meant}?`}`
    this.file.faults.push({ path: this.path, line: this.file.lineAt(offset), message })
  }

  private membersOf(map: YAMLMap): YamlMember[] {
    return map.items.map((pair) => {
      const node = this.file.resolve(pair.key)
      const key = isScalar(node) ? String(node.value) : ''
      const keyOffset = startOf(node) ?? this.offset()
      const path = /^[A-Za-z_]\w*$/.test(key)
        ? `${this.path}${this.path === '' ? '' : '.'}${key}`
        : `${this.path}["${key}"]`
      return {
        key,
        keyOffset,
        line: this.file.lineAt(keyOffset),
        value: new YamlValue(this.file, pair.value, { path, parentOffset: keyOffset }),
      }
    })
  }

  private offset(): number {
    return startOf(this.node) ?? this.parentOffset
  }
}

/** One entry of a map. */
export interface YamlMember {
  readonly key: string
  readonly keyOffset: number
  readonly line: number
  readonly value: YamlValue
}

/** The known keys of a map. */
export class YamlFields {
  constructor(
    private readonly owner: YamlValue,
    private readonly values: ReadonlyMap<string, YamlValue>,
    /**
     * Whether the map has a key that this version does not support yet. Required keys may be missing because of that key, so the caller
     * does not report missing keys.
     */
    readonly isIncomplete: boolean,
  ) {}

  has(name: string): boolean {
    return this.values.has(name)
  }

  /** Reads the value of a key. A missing key, or null, is a fault. */
  required<T>(name: string, read: (value: YamlValue) => T | null): T | null {
    const value = this.values.get(name)
    if (value && !value.isNull()) return read(value)
    return (value ?? this.owner).fault(value ? 'is required' : `${name} is required`)
  }

  /** Reads the value of a key. Returns `defaultValue` when it is missing, null or faulty. */
  optional<T, S>(name: string, defaultValue: S, read: (value: YamlValue) => T | null): T | S {
    const value = this.values.get(name)
    return value && !value.isNull() ? (read(value) ?? defaultValue) : defaultValue
  }
}

function expandedOrUndefined(value: YamlValue, text: string): string | undefined {
  return text === '' ? '' : (value.text() ?? undefined)
}

function startOf(node: unknown): number | null {
  const range = (node as Partial<Node> | null | undefined)?.range
  return range ? range[0] : null
}
