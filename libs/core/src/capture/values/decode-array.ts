import { readQuoted } from './quoted-text.js'

/** An array as Postgres prints it: elements are text, null, or arrays of the next dimension. */
export type ArrayText = (string | null | ArrayText)[]

/** Postgres allows six dimensions. */
const MAX_DIMENSIONS = 6

/**
 * Reads the text form of a Postgres array: `{1,NULL,"a \"b\"",{nested}}`, with or without bounds before it (`[0:1]={…}`). Returns null for
 * text that is no array.
 */
export function parseArrayText(text: string, delimiter = ','): ArrayText | null {
  const start = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  const reader = new ArrayReader(text, start, delimiter)
  const array = reader.array(1)
  return array !== null && reader.isAtEnd() ? array : null
}

class ArrayReader {
  constructor(
    private readonly text: string,
    private at: number,
    private readonly delimiter: string,
  ) {}

  isAtEnd(): boolean {
    return this.at === this.text.length
  }

  /** Reads one `{…}`; null when it is malformed. */
  array(dimension: number): ArrayText | null {
    if (this.text[this.at] !== '{' || dimension > MAX_DIMENSIONS) return null
    this.at++
    const elements: ArrayText = []
    if (this.text[this.at] === '}') {
      this.at++
      return elements
    }
    for (;;) {
      const element = this.element(dimension)
      if (element === undefined) return null
      elements.push(element)
      const next = this.text[this.at++]
      if (next === '}') return elements
      if (next !== this.delimiter) return null
    }
  }

  /** Reads one element; `undefined` when it is malformed. */
  private element(dimension: number): string | null | ArrayText | undefined {
    const first = this.text[this.at]
    if (first === '{') return this.array(dimension + 1) ?? undefined
    if (first === '"') return this.quoted()
    return this.bare()
  }

  private quoted(): string | undefined {
    const quoted = readQuoted(this.text, this.at)
    if (!quoted) return undefined
    this.at = quoted.end
    return quoted.value
  }

  private bare(): string | null | undefined {
    const from = this.at
    while (this.at < this.text.length && this.text[this.at] !== this.delimiter && this.text[this.at] !== '}') this.at++
    const value = this.text.slice(from, this.at)
    if (value === '') return undefined
    return value === 'NULL' ? null : value
  }
}
