import type { JsonObject, JsonValue } from '@hooklane/contracts/public'
import { columnHistoryFromJson, columnHistoryToJson } from './column-history.js'
import {
  NOTHING_KNOWN,
  type KnownCatalogue,
  type Leaf,
  type PlannedPublication,
  type RowVersion,
  type TableOids,
} from './catalogue.js'

/** The known catalogue in the form that is stored beside the source's position. Oids used as keys are decimal text. */
export function catalogueToJson({
  publication,
  members,
  leaves,
  former,
  plan,
  closings,
  columns,
}: KnownCatalogue): JsonObject {
  return {
    publication,
    members: Object.fromEntries(members),
    leaves: Object.fromEntries(
      [...leaves].map(([oid, inTable]) => [
        oid,
        Object.fromEntries([...inTable].map(([leaf, { file, path }]) => [leaf, [file, path]])),
      ]),
    ),
    former: Object.fromEntries(former),
    plan: plan && {
      xid: plan.xid,
      tables: Object.fromEntries(plan.tables),
      publication: plan.publication,
      members: Object.fromEntries(plan.members),
    },
    closings,
    columns: Object.fromEntries([...columns].map(([oid, history]) => [oid, columnHistoryToJson(history)])),
  }
}

/** Reads what `catalogueToJson` made; null when nothing was stored yet. Parts that do not have the expected form count as not known. */
export function catalogueFromJson(json: JsonObject): KnownCatalogue | null {
  if (Object.keys(json).length === 0) return null
  const { publication, closings } = json
  return {
    ...NOTHING_KNOWN,
    publication: typeof publication === 'string' ? publication : null,
    members: versions(json.members),
    leaves: new Map(entries(json.leaves).map(([oid, inTable]) => [Number(oid), leavesOf(inTable)])),
    former: oids(json.former),
    plan: planOf(json.plan),
    closings: typeof closings === 'number' ? closings : 0,
    columns: new Map(entries(json.columns).map(([oid, history]) => [Number(oid), columnHistoryFromJson(history)])),
  }
}

function planOf(json: JsonValue | undefined): PlannedPublication | null {
  const { xid, tables, publication, members } = Object.fromEntries(entries(json))
  if (typeof xid !== 'string' || typeof publication !== 'string') return null
  return { xid, tables: oids(tables), publication, members: versions(members) }
}

const oids = (json: JsonValue | undefined): TableOids =>
  new Map(entries(json).flatMap(([table, oid]) => (typeof oid === 'number' ? [[table, oid]] : [])))

const versions = (json: JsonValue | undefined): ReadonlyMap<number, RowVersion> =>
  new Map(entries(json).flatMap(([oid, row]) => (typeof row === 'string' ? [[Number(oid), row]] : [])))

const leavesOf = (json: JsonValue): ReadonlyMap<number, Leaf> =>
  new Map(
    entries(json).flatMap(([oid, leaf]) => {
      const [file, path] = Array.isArray(leaf) ? leaf : []
      return typeof file === 'string' && typeof path === 'string' ? [[Number(oid), { file, path }]] : []
    }),
  )

const entries = (json: JsonValue | undefined): [string, JsonValue][] =>
  json !== null && typeof json === 'object' && !Array.isArray(json) ? Object.entries(json) : []
