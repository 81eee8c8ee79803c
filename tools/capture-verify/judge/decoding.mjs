/**
 * Parses the output of the plugin `test_decoding`, line by line. The plugin is part of PostgreSQL, and so independent of the product.
 *
 * @typedef {object} Cell
 * @property {string} type - As `format_type` prints it: `timestamp with time zone`.
 * @property {string | null | undefined} text - The value in text form; null for SQL NULL; undefined for an unchanged out-of-line value,
 *   which the log leaves out.
 *
 * @typedef {Map<string, Cell>} Image - A row: column → cell.
 *
 * @typedef {{ kind: 'begin', xid: string }} Begin
 * @typedef {{ kind: 'commit', xid: string, at: string }} Commit
 * @typedef {{ kind: 'message', prefix: string, content: string }} Message
 * @typedef {{ kind: 'truncate', tables: string[] }} Truncate
 * @typedef {{ kind: 'change', table: string, op: 'INSERT' | 'UPDATE' | 'DELETE', old: Image | null, now: Image | null }} Change
 * @typedef {Begin | Commit | Message | Truncate | Change} Line
 */

const NEW_TUPLE = 'new-tuple:'
const OLD_KEY = 'old-key:'
const NO_TUPLE = '(no-tuple-data)'

/** @param {string} text @returns {Line} @throws when the line is of an unknown kind */
export function parseLine(text) {
  const begin = /^BEGIN (\d+)$/.exec(text)
  if (begin) return { kind: 'begin', xid: begin[1] ?? '' }
  const commit = /^COMMIT (\d+) \(at (.+)\)$/.exec(text)
  if (commit) return { kind: 'commit', xid: commit[1] ?? '', at: commit[2] ?? '' }
  const message = /^message: transactional: [01] prefix: (.*?), sz: \d+ content:([\s\S]*)$/.exec(text)
  if (message) return { kind: 'message', prefix: message[1] ?? '', content: message[2] ?? '' }
  const table = /^table (.+?): (INSERT|UPDATE|DELETE|TRUNCATE): /.exec(text)
  if (!table) throw new Error(`test_decoding printed a line of an unknown kind: ${text.slice(0, 200)}`)
  const [head, names = '', op = ''] = table
  if (op === 'TRUNCATE') return { kind: 'truncate', tables: names.split(', ').map(withoutSchema) }
  return { kind: 'change', table: withoutSchema(names), .../** @type {any} */ (rowsOf(op, text, head.length)) }
}

/** @param {string} name */
const withoutSchema = (name) => name.slice(name.indexOf('.') + 1)

/** @param {string} op @param {string} text @param {number} at */
function rowsOf(op, text, at) {
  if (text.startsWith(NO_TUPLE, at)) return { op, old: null, now: null }
  const reader = new RowText(text, at)
  if (op === 'INSERT') return { op, old: null, now: reader.image() }
  if (op === 'DELETE') return { op, old: reader.image(), now: null }
  const old = reader.skips(OLD_KEY) ? reader.image() : null
  reader.skips(NEW_TUPLE)
  return { op, old, now: reader.image() }
}

/** Reads a row such as `id[bigint]:1 name[text]:'it''s'`, up to the end of the line or to the new row. */
class RowText {
  #text
  #at

  /** @param {string} text @param {number} at */
  constructor(text, at) {
    this.#text = text
    this.#at = at
  }

  /** @param {string} word */
  skips(word) {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length + 1
    return true
  }

  /** @returns {Image} */
  image() {
    const image = new Map()
    while (this.#at < this.#text.length && !this.#text.startsWith(NEW_TUPLE, this.#at)) {
      const name = this.#upTo('[')
      const type = this.#upTo(']:')
      image.set(name, { type, text: this.#value() })
      this.#at += 1
    }
    return image
  }

  /** @param {string} end */
  #upTo(end) {
    const from = this.#at
    const to = this.#text.indexOf(end, from)
    if (to < 0)
      throw new Error(`test_decoding printed a row that cannot be read: ${this.#text.slice(from, from + 200)}`)
    this.#at = to + end.length
    return this.#text.slice(from, to)
  }

  #value() {
    if (this.#text[this.#at] === "'") return this.#quoted()
    const space = this.#text.indexOf(' ', this.#at)
    const end = space < 0 ? this.#text.length : space
    const value = this.#text.slice(this.#at, end)
    this.#at = end
    if (value === 'null') return null
    return value === 'unchanged-toast-datum' ? undefined : value
  }

  /** Reads a quoted value. A quote inside the value is doubled; no other character is escaped. */
  #quoted() {
    const from = this.#at + 1
    let end = from
    for (;;) {
      end = this.#text.indexOf("'", end)
      if (end < 0) throw new Error('test_decoding printed a quoted text without a closing quote')
      if (this.#text[end + 1] !== "'") break
      end += 2
    }
    this.#at = end + 1
    return this.#text.slice(from, end).replaceAll("''", "'")
  }
}
