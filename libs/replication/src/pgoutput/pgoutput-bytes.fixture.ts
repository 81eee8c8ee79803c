/** Messages of `pgoutput` as bytes, as the server writes them. */

export const uint8 = (value: number) => Buffer.from([value])
const int16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
export const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
export const uint64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
export const name = (text: string) => Buffer.from(`${text}\0`)
export const text = (value: string) =>
  Buffer.concat([Buffer.from('t'), uint32(Buffer.byteLength(value)), Buffer.from(value)])
export const NULL = Buffer.from('n')
export const UNCHANGED = Buffer.from('u')
export const row = (...values: Buffer[]) => Buffer.concat([int16(values.length), ...values])
export const message = (tag: string, ...parts: Buffer[]) => Buffer.concat([Buffer.from(tag), ...parts])
/** Describes a table whose columns are all of type text and all in the key. */
export const relation = (oid: number, identity: string, ...columns: string[]) =>
  describedAs({ oid, table: 'product', identity, columns, key: columns })

export interface Description {
  readonly oid: number
  readonly table: string
  /** Replica identity: `d` (default), `n` (nothing), `f` (full) or `i` (index). */
  readonly identity: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

export const describedAs = ({ oid, table, identity, columns, key }: Description) =>
  message(
    'R',
    uint32(oid),
    name('public'),
    name(table),
    Buffer.from(identity),
    int16(columns.length),
    ...columns.flatMap((column) => [uint8(key.includes(column) ? 1 : 0), name(column), uint32(25), uint32(-1)]),
  )
