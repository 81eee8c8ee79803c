import type { Column, Relation, Row } from '@hooklane/core/capture'
import type { KnownTables, TableIdentity } from './known-tables.js'
import type { OldRow, PgoutputMessage } from './message.js'
import { MessageReader } from './message-reader.js'
import { PartitionIdentities } from './partition-identities.js'

/** Microseconds from 1970 to 2000, the epoch of Postgres. */
const POSTGRES_EPOCH_US = 946_684_800_000_000n

const REPLICA_IDENTITY: Readonly<Record<string, Relation['replicaIdentity']>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
}

/** Flag of a column that belongs to the replica identity. */
const IN_KEY = 1

/**
 * Decodes `pgoutput` messages of protocol version 1.
 *
 * The parser of `pg-logical-replication` is not used because it turns values into JavaScript numbers and dates, drops a byte order mark at
 * the start of a text, and reads transaction ids as signed. This decoder keeps every value as the text that Postgres printed.
 *
 * State: the last description of each table. Postgres describes a table before its first change, and again after it was altered. Each
 * connection needs its own decoder.
 */
export class PgoutputDecoder {
  private readonly relations = new Map<number, Relation>()
  private readonly partitions = new PartitionIdentities()
  /** Oid of a table that is not captured → oid of the captured partition whose changes come under the name of that table. */
  private readonly hiding = new Map<number, number>()

  /**
   * @param tables the names to report for captured tables. They stay the same when a table is renamed while it is read, or was renamed
   *   after a change was logged
   */
  constructor(private readonly tables: KnownTables = new Map()) {}

  /** @throws when the bytes are not a message of this protocol version */
  decode(bytes: Buffer): PgoutputMessage {
    const reader = new MessageReader(bytes)
    const tag = String.fromCharCode(reader.uint8())
    switch (tag) {
      case 'B':
        this.partitions.interrupt()
        return begin(reader)
      case 'C':
        this.partitions.interrupt()
        return commit(reader)
      case 'R':
        return this.describe(reader)
      case 'I':
        return this.insert(reader)
      case 'U':
        return this.update(reader)
      case 'D':
        return this.delete(reader)
      case 'T':
        return this.truncate(reader)
      case 'M':
        this.partitions.interrupt()
        return emitted(reader)
      case 'Y':
        return { tag: 'type', typeOid: reader.uint32(), schema: schemaName(reader), name: reader.name() }
      case 'O':
        return { tag: 'other' }
      default:
        throw new Error(`unknown pgoutput message ${JSON.stringify(tag)}`)
    }
  }

  private describe(reader: MessageReader): PgoutputMessage {
    const oid = reader.uint32()
    const logged: TableIdentity = { schema: schemaName(reader), table: reader.name() }
    const { schema, table } = this.tables.get(oid) ?? logged
    const replicaIdentity = REPLICA_IDENTITY[String.fromCharCode(reader.uint8())]
    if (!replicaIdentity) throw new Error(`unknown replica identity of ${schema}.${table}`)
    const columns: Column[] = []
    const key = new Set<string>()
    for (let left = reader.int16(); left > 0; left--) {
      const flags = reader.uint8()
      const column = { name: reader.name(), typeOid: reader.uint32(), typeModifier: reader.int32() }
      columns.push(column)
      if ((flags & IN_KEY) !== 0) key.add(column.name)
    }
    const isReplaced = !this.tables.has(oid) && this.isCaptured({ schema, table })
    const relation: Relation = { schema, table, columns, replicaIdentity, ...(isReplaced ? { isReplaced } : {}) }
    this.relations.set(oid, relation)
    this.partitions.describe({ oid, relation, key })
    return { tag: 'other' }
  }

  private insert(reader: MessageReader): PgoutputMessage {
    const { relation } = this.changed(reader)
    expectTuple(reader, 'N')
    return { tag: 'insert', relation, after: tuple(reader, relation, null) }
  }

  private update(reader: MessageReader): PgoutputMessage {
    const { oid, relation } = this.changed(reader)
    let before: Row | null = null
    let kind = String.fromCharCode(reader.uint8())
    if (kind === 'O' || kind === 'K') {
      const old = tuple(reader, relation, null)
      // A key (`K`) is not the whole old row: the columns outside the key were not logged.
      if (kind === 'O') before = old
      kind = String.fromCharCode(reader.uint8())
    }
    if (kind !== 'N') throw new Error(`unexpected part ${JSON.stringify(kind)} of an update`)
    return { tag: 'update', relation, ...this.oldRow(oid, before), after: tuple(reader, relation, before) }
  }

  private delete(reader: MessageReader): PgoutputMessage {
    const { oid, relation } = this.changed(reader)
    const kind = String.fromCharCode(reader.uint8())
    if (kind === 'K') return { tag: 'delete', relation, ...this.oldRow(oid, null) }
    if (kind !== 'O') throw new Error(`unexpected part ${JSON.stringify(kind)} of a delete`)
    return { tag: 'delete', relation, ...this.oldRow(oid, tuple(reader, relation, null)) }
  }

  private truncate(reader: MessageReader): PgoutputMessage {
    this.partitions.interrupt()
    const count = reader.int32()
    reader.uint8()
    return { tag: 'truncate', relations: Array.from({ length: count }, () => this.relation(reader.uint32())) }
  }

  /** Reads to which table a row belongs. */
  private changed(reader: MessageReader): { readonly oid: number; readonly relation: Relation } {
    const oid = reader.uint32()
    this.noteHidden(oid)
    this.partitions.row(oid)
    return { oid, relation: this.relation(oid) }
  }

  /**
   * Notes when a captured table has become a partition of a table that is not captured. The sign is a row of the other table immediately
   * after both tables were described. From then on the changes of the captured table come under the name of the other table, until a row
   * comes under the name of the captured table again.
   */
  private noteHidden(oid: number): void {
    if (this.tables.has(oid)) {
      for (const [root, leaf] of this.hiding) if (leaf === oid) this.hiding.delete(root)
      return
    }
    const leaf = this.partitions.leafOf(oid)
    const hidden = leaf === null ? undefined : this.tables.get(leaf)
    if (leaf === null || !hidden) return
    this.hiding.set(oid, leaf)
    this.relations.set(oid, { ...this.relation(oid), hides: hidden })
  }

  private isCaptured({ schema, table }: TableIdentity): boolean {
    return [...this.tables.values()].some((one) => one.schema === schema && one.table === table)
  }

  private oldRow(oid: number, row: Row | null): OldRow {
    const withoutFull = this.partitions.suspects(oid, row)
    return withoutFull.length === 0 ? { before: row } : { before: null, withoutFull }
  }

  private relation(oid: number): Relation {
    const relation = this.relations.get(oid)
    if (!relation) throw new Error(`a change refers to relation ${oid}, which was not described`)
    return relation
  }
}

/** An empty name stands for pg_catalog. */
const schemaName = (reader: MessageReader): string => reader.name() || 'pg_catalog'

function begin(reader: MessageReader): PgoutputMessage {
  const commitLsn = reader.uint64()
  const committedAtMs = Number((BigInt.asIntN(64, reader.uint64()) + POSTGRES_EPOCH_US) / 1000n)
  return { tag: 'begin', commitLsn, committedAtMs, xid: String(reader.uint32()) }
}

function commit(reader: MessageReader): PgoutputMessage {
  reader.uint8()
  return { tag: 'commit', commitLsn: reader.uint64(), commitEndLsn: reader.uint64() }
}

function emitted(reader: MessageReader): PgoutputMessage {
  const isTransactional = (reader.uint8() & 1) === 1
  reader.uint64()
  const prefix = reader.name()
  return { tag: 'message', isTransactional, prefix, content: Buffer.from(reader.slice(reader.int32())) }
}

function expectTuple(reader: MessageReader, expected: string): void {
  const kind = String.fromCharCode(reader.uint8())
  if (kind !== expected) throw new Error(`unexpected part ${JSON.stringify(kind)} of a row`)
}

/** @param old the old row, for values that Postgres left out of the new row because they are stored out of line and did not change */
function tuple(reader: MessageReader, relation: Relation, old: Row | null): Row {
  const row = new Map<string, string | null>()
  const count = reader.int16()
  for (let index = 0; index < count; index++) {
    const column = relation.columns[index]
    if (!column) throw new Error(`a row of ${relation.schema}.${relation.table} has more columns than the table`)
    const kind = String.fromCharCode(reader.uint8())
    if (kind === 't') row.set(column.name, reader.text(reader.int32()))
    else if (kind === 'n') row.set(column.name, null)
    else if (kind === 'u') keepOld(row, column.name, old)
    else throw new Error(`unknown kind of value ${JSON.stringify(kind)}`)
  }
  return row
}

/** Copies the value of a column from the old row. Without the old row the value is unknown (not null), so the column stays absent. */
function keepOld(row: Map<string, string | null>, column: string, old: Row | null): void {
  const value = old?.get(column)
  if (value !== undefined) row.set(column, value)
}
