import type {
  CatalogueFacts,
  CatalogueTable,
  KnownCatalogue,
  PublicationFacts,
  RowVersion,
  TableOids,
} from './catalogue.js'

/** Changes of a table are missing from the WAL. */
export interface PublicationGap {
  readonly reason: string
  /** Whether the WAL that the slot still holds can be read. Without a publication it cannot. */
  readonly isReadable: boolean
}

export interface PublicationQuestion {
  readonly name: string
  readonly known: KnownCatalogue
  readonly facts: CatalogueFacts
  /** Tables that were captured until now. */
  readonly captured: TableOids
}

/**
 * Returns the tables of which changes are missing. A change that was not published when it was committed never comes. A table has a gap if
 * the publication leaves out changes of it now, or may have done so since the last look (read of the catalogue). The publication may have
 * done so if one of its rows in the catalogue has another version, because that row was altered in between.
 *
 * Our own changes do not count as gaps: we alter the rows of captured tables only where a gap was noted before, and never when somebody
 * else has altered them since they were judged (`isChangedByOthers`). A new owner of the publication also gives its row another version.
 * This cannot be told from an option that was switched off and on again, so it counts as a gap.
 */
export function publicationGaps(question: PublicationQuestion): ReadonlyMap<string, PublicationGap> {
  const { facts, captured } = question
  const oids = new Set(captured.values())
  const gaps = new Map<string, PublicationGap>()
  for (const [table, oid] of facts.oids) {
    const missing = oids.has(oid) ? gapOf(question, table, oid) : null
    // Checked even if the table was captured under another name: the events that were published under its present name describe another
    // table.
    const gap = missing ?? gapOfNamesake(captured, table, oid)
    if (gap) gaps.set(table, gap)
  }
  return gaps
}

const readable = (reason: string): PublicationGap => ({ reason, isReadable: true })

function gapOfNamesake(captured: TableOids, table: string, oid: number): PublicationGap | null {
  const before = captured.get(table)
  if (before === undefined || before === oid) return null
  return readable(
    `another table now has the name ${table}; the table that was captured under this name was renamed or dropped`,
  )
}

function gapOf({ name, known, facts }: PublicationQuestion, table: string, oid: number): PublicationGap | null {
  const { publication } = facts
  if (!publication) return { reason: `the publication ${name} was dropped`, isReadable: false }
  const present = omissionNow(publication, { table, oid, facts: facts.tables.get(oid) })
  if (present !== null) return readable(present)
  const past = omissionSince(publication, known, { table, oid })
  return past === null ? null : readable(past)
}

interface NamedTable {
  readonly table: string
  readonly oid: number
}

/** What the publication leaves out of a table now. */
function omissionNow(
  { name, publishesAll, viaRoot, publishesGenerated, isOfAllTables, members }: PublicationFacts,
  { table, oid, facts }: NamedTable & { readonly facts: CatalogueTable | undefined },
): string | null {
  if (!publishesAll) return `the publication ${name} did not publish all of insert, update, delete and truncate`
  if (!viaRoot && facts?.isPartitioned) {
    return `the publication ${name} published changes of ${table} under the names of its partitions (publish_via_partition_root is off)`
  }
  if (viaRoot && facts && facts.publishedAs !== null) {
    return `the publication ${name} published changes of ${table} under the name of ${facts.publishedAs.name}, of which ${table} is a partition`
  }
  if (!publishesGenerated && facts?.hasGenerated) {
    return `the publication ${name} left out the generated columns of ${table} (publish_generated_columns)`
  }
  return isOfAllTables ? null : omissionOfMember(name, table, members.get(oid))
}

function omissionOfMember(
  publication: string,
  table: string,
  member: { readonly isNarrowed: boolean } | undefined,
): string | null {
  if (!member) return `${table} was taken out of the publication ${publication}`
  return member.isNarrowed
    ? `a column list or a row filter was put on ${table} in the publication ${publication}`
    : null
}

/** What the publication may have left out since it was last looked at. */
function omissionSince(
  { name, version, isOfAllTables, members }: PublicationFacts,
  known: KnownCatalogue,
  { table, oid }: NamedTable,
): string | null {
  if (known.publication !== null && oidOf(known.publication) !== oidOf(version)) {
    return `the publication ${name} was dropped and made again`
  }
  if (known.publication !== null && known.publication !== version) {
    return `the options or the owner of the publication ${name} were altered, so it may have left out changes in between`
  }
  const before = known.members.get(oid)
  if (isOfAllTables || before === undefined || before === members.get(oid)?.version) return null
  return `${table} was, for a while, not in the publication ${name}, or was published with a column list or a row filter`
}

const oidOf = (version: RowVersion): string => version.split('/', 1)[0] ?? ''
