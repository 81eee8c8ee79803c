import {
  isChangedByOthers,
  type CatalogueFacts,
  type CatalogueTable,
  type FoundLeaf,
  type PlanOutcome,
  type PublicationFacts,
  type PlannedPublication,
  type TableOids,
} from '@hooklane/core/capture'
import { SourceUnreadable, type CatalogueAccess } from '@hooklane/replication'

interface Member {
  readonly version: string
  readonly isNarrowed: boolean
}

interface Publication {
  readonly version: string
  readonly publishesAll: boolean
  readonly members: ReadonlyMap<number, Member>
}

/** Tables that the publication now also publishes (`added`), and tables that it no longer publishes (`removed`). */
export interface PublicationChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** Models the part of a database's catalogue that decides which changes are published. Each change of the model is its own transaction. */
export class ModelDatabase {
  readonly oids: TableOids
  publication: Publication | null = null
  private readonly leaves: Map<number, Map<number, FoundLeaf>>
  private readonly detached = new Map<number, Map<number, FoundLeaf>>()
  private readonly outcomes = new Map<string, PlanOutcome>()
  private nextOid = 100
  private nextXid = 700

  constructor(names: readonly string[]) {
    this.oids = new Map(names.map((name, i) => [name, i + 1]))
    this.leaves = new Map([...this.oids.values()].map((oid) => [oid, new Map<number, FoundLeaf>()]))
    for (const oid of this.oids.values()) this.createPartition(oid)
  }

  facts(names: readonly string[]): CatalogueFacts {
    const oids = new Map([...this.oids].filter(([name]) => names.includes(name)))
    return {
      oids,
      startLsn: 1n,
      endLsn: 1n,
      publication: this.publication && facts(this.publication),
      tables: new Map([...oids.values()].map((oid) => [oid, this.table(oid)])),
    }
  }

  /**
   * The catalogue as seen by a process that captures these tables.
   * @param step called before and after every effect that outlasts the process
   */
  access(
    names: readonly string[],
    step: (name: string) => void,
    onPublished: (change: PublicationChange) => void,
  ): CatalogueAccess {
    return {
      read: () => Promise.resolve(this.facts(names)),
      outcomeOf: (xid) => Promise.resolve(this.outcomes.get(xid) ?? 'unknown'),
      alignPublication: (judged, note) => this.align(names, { judged, note, step, onPublished }),
    }
  }

  /** Aligns the publication without a plan, as a first start does before it has a mark. */
  publishAtOnce(names: readonly string[]): void {
    this.publication = this.aligned(names, this.begin()) ?? this.publication
  }

  takeOut(oid: number): boolean {
    if (!this.publication?.members.has(oid)) return false
    this.begin()
    const members = [...this.publication.members].filter(([one]) => one !== oid)
    this.publication = { ...this.publication, members: new Map(members) }
    return true
  }

  putIn(oid: number, isNarrowed = false): void {
    if (!this.publication) return
    const member = { version: `${this.nextOid++}/${this.begin()}`, isNarrowed }
    this.publication = { ...this.publication, members: new Map([...this.publication.members, [oid, member]]) }
  }

  /** Setting the same options again also makes another version of the row. */
  setOptions(publishesAll: boolean): void {
    if (!this.publication) return
    const [oid = ''] = this.publication.version.split('/')
    this.publication = { ...this.publication, publishesAll, version: `${oid}/${this.begin()}` }
  }

  dropPublication(): void {
    this.begin()
    this.publication = null
  }

  createPublication(names: readonly string[]): void {
    if (!this.publication) this.publishAtOnce(names)
  }

  /** Creates an empty partition. Nothing is lost by this, so no partition is returned. */
  createPartition(oid: number): null {
    this.join(oid, 1)
    return null
  }

  /** @returns the partition that joined */
  attachFilled(oid: number): number {
    return this.join(oid, 0)
  }

  /** Truncates the newest partition. Possibly no process has read it from the catalogue yet. @returns the partition; null: there is none */
  truncate(oid: number): number | null {
    const leaf = [...this.leavesOf(oid)].at(-1)
    if (!leaf) return null
    const xid = this.begin()
    this.leavesOf(oid).set(leaf[0], { ...leaf[1], file: `${this.nextOid++}`, alteredBy: xid })
    return leaf[0]
  }

  /** @returns the partition that left; null: there was none */
  detach(oid: number): number | null {
    const [leaf] = this.leavesOf(oid)
    if (!leaf) return null
    this.begin()
    this.leavesOf(oid).delete(leaf[0])
    this.detached.set(oid, new Map([leaf]))
    return leaf[0]
  }

  /** @returns the partition; null: there was none */
  detachAndAttach(oid: number): number | null {
    return this.detach(oid) === null ? null : this.attachAgain(oid)
  }

  /** @returns the partition that joined; null: none had left */
  attachAgain(oid: number): number | null {
    const [leaf] = this.detached.get(oid) ?? []
    if (!leaf) return null
    const xid = this.begin()
    this.detached.delete(oid)
    this.leavesOf(oid).set(leaf[0], { ...leaf[1], path: `/${xid}`, alteredBy: xid, emptyLinks: 0 })
    return leaf[0]
  }

  private async align(
    names: readonly string[],
    {
      judged,
      note,
      step,
      onPublished,
    }: {
      readonly judged: PublicationFacts | null
      readonly note: (plan: PlannedPublication) => Promise<void>
      readonly step: (name: string) => void
      readonly onPublished: (change: PublicationChange) => void
    },
  ): Promise<void> {
    const xid = this.begin()
    const next = this.aligned(names, xid)
    const tables = new Map([...this.oids].filter(([name]) => names.includes(name)))
    this.refuseOthers(judged, next, { tables, xid })
    if (!next) return
    this.outcomes.set(xid, 'aborted')
    const oids = [...tables.values()]
    const versions = oids.flatMap((oid) => {
      const version = next.members.get(oid)?.version
      return version === undefined ? [] : [[oid, version] as const]
    })
    await note({ xid, tables, publication: next.version, members: new Map(versions) })
    step('commit')
    const before = this.publication?.members ?? new Map<number, Member>()
    this.outcomes.set(xid, 'committed')
    this.publication = next
    const only = (these: ReadonlyMap<number, Member>, those: ReadonlyMap<number, Member>): string[] =>
      [...this.oids].flatMap(([name, oid]) => (these.has(oid) && !those.has(oid) ? [name] : []))
    onPublished({ added: only(next.members, before), removed: only(before, next.members) })
    step('committed')
  }

  /** @param next null: nothing has to change */
  private refuseOthers(
    judged: PublicationFacts | null,
    next: Publication | null,
    own: { readonly tables: TableOids; readonly xid: string },
  ): void {
    const found = next ?? this.publication
    if (!found) return
    // The check comes before our own change of the options, so the publication's row still has its old version.
    const version = this.publication?.version ?? found.version
    if (isChangedByOthers(judged, facts({ ...found, version }), own)) {
      throw new SourceUnreadable('PUBLICATION', 'somebody else changed the publication while it was checked')
    }
  }

  /** The publication, aligned with these tables; null: it is already aligned. */
  private aligned(names: readonly string[], xid: string): Publication | null {
    const wanted = [...this.oids].flatMap(([name, oid]) => (names.includes(name) ? [oid] : []))
    const before = this.publication
    const kept = (oid: number): Member | undefined => {
      const member = before?.members.get(oid)
      return member?.isNarrowed === false ? member : undefined
    }
    const isInStep = before?.publishesAll && before.members.size === wanted.length && wanted.every(kept)
    if (isInStep) return null
    const members = wanted.map(
      (oid) => [oid, kept(oid) ?? { version: `${this.nextOid++}/${xid}`, isNarrowed: false }] as const,
    )
    const version = before?.publishesAll ? before.version : `${before?.version.split('/')[0] ?? this.nextOid++}/${xid}`
    return { version, publishesAll: true, members: new Map(members) }
  }

  private join(oid: number, emptyLinks: number): number {
    const xid = this.begin()
    const leaf = this.nextOid++
    this.leavesOf(oid).set(leaf, { file: `${leaf}`, path: `/${xid}`, alteredBy: xid, emptyLinks })
    return leaf
  }

  private begin(): string {
    return String(this.nextXid++)
  }

  private leavesOf(oid: number): Map<number, FoundLeaf> {
    const leaves = this.leaves.get(oid)
    if (!leaves) throw new Error(`no table ${oid}`)
    return leaves
  }

  private table(oid: number): CatalogueTable {
    return {
      isPartitioned: true,
      columns: new Map(),
      hasGenerated: false,
      publishedAs: null,
      leaves: new Map(this.leavesOf(oid)),
    }
  }
}

const facts = ({ version, publishesAll, members }: Publication): PublicationFacts => ({
  name: 'p',
  version,
  isOfAllTables: false,
  publishesAll,
  viaRoot: true,
  publishesGenerated: true,
  members,
})
