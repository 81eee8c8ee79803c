import type { Relation, Row } from '../row-change.js'

const NULL = -1
const ABSENT = -2

/** A row as bytes: per column of the relation the length of its text as int32 (−1 null, −2 not in the row), then the text in UTF-8. */
export function encodeRow(relation: Relation, row: Row): Buffer {
  const values = relation.columns.map((column) => row.get(column.name))
  const lengths = values.map((value) =>
    value === undefined ? ABSENT : value === null ? NULL : Buffer.byteLength(value),
  )
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 0))
  let at = 0
  for (const [index, length] of lengths.entries()) {
    at = bytes.writeInt32LE(length, at)
    const value = values[index]
    if (typeof value === 'string') at += bytes.write(value, at, 'utf8')
  }
  return bytes
}

/** Reads what `encodeRow` wrote for the same relation. */
export function decodeRow(relation: Relation, bytes: Uint8Array): Row {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const row = new Map<string, string | null>()
  let at = 0
  for (const { name } of relation.columns) {
    const length = buffer.readInt32LE(at)
    at += 4
    if (length === NULL) row.set(name, null)
    else if (length >= 0) {
      row.set(name, buffer.toString('utf8', at, at + length))
      at += length
    }
  }
  return row
}
