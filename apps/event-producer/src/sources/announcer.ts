import { randomUUID } from 'node:crypto'
import type { ResyncReason } from '@hooklane/contracts/public'
import type { ChangeWithoutRows, Announcement, CaptureSource, LogPlace, TransactionInfo } from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import type { Blocker } from '@hooklane/replication'
import type { MarkKeeper } from '../marks/mark-keeper.js'
import { announcedEvents, type NumberedCompany, type PlacedAnnouncement } from './announced-events.js'
import type { PlacedEvent } from './event-record.js'
import type { PublishedPlace } from './published-place.js'

export interface AnnouncerOptions {
  readonly marks: MarkKeeper
  /** Ids of all companies. */
  readonly readCompanies: () => Promise<readonly string[]>
  /** Writes the ids of announcements into the source's WAL. */
  readonly emit: (ids: readonly string[]) => Promise<void>
  /**
   * Returns the open transactions of the captured database that may have written something, by name. The server does not use a name again
   * before it restarts.
   */
  readonly readOpenWriters: () => Promise<ReadonlyMap<string, Blocker>>
  /** Called with the transactions that announcements wait for, at each call of `emit`; with an empty list when no announcement waits. */
  readonly onWaiting: (blockers: readonly Blocker[]) => void
}

/** The events of a transaction that tell receivers to fetch entities again. */
export interface AnnouncedEvents {
  /** In the order of their positions. Made on demand, because an announcement has one event for each company. */
  readonly events: Iterable<PlacedEvent>
  /** Ids of the announcements that these events publish. */
  readonly ids: readonly string[]
}

const NOTHING: AnnouncedEvents = { events: [], ids: [] }

/**
 * Publishes announcements: events that tell receivers to fetch entities of a source again.
 *
 * An announcement is first noted in the mark (see `MarkKeeper`), then emitted (its id is written into the source's WAL), and published when
 * its id is read from there. It leaves the mark when its events are in Kafka. An announcement that was emitted twice is published at its
 * first place.
 *
 * It is emitted only after the end of all transactions that had written something and were open when it was noted. Postgres decides at the
 * moment of a change whether the change is published. So a change that was made while its table was missing from the publication is never
 * published, even if its transaction commits after the table was put back. Receivers that fetch before this commit would miss the change.
 */
export class Announcer {
  /** Announcements in the transaction that is being read. */
  private inTransaction: { readonly id: string; readonly place: LogPlace }[] = []
  /** Announcements that were emitted over this connection and need not be emitted again. */
  private readonly emittedIds = new Set<string>()
  /** Noted announcement that is not emitted yet → the transactions that have to end first. */
  private readonly waitsFor = new Map<string, readonly string[]>()
  /** Announcement that was read over this connection → LSN of its first place in the WAL. */
  private readonly firstPlaces = new Map<string, bigint>()
  /** Whether companies may get other indexes. They may not while events that were published under the present indexes may be read again. */
  private canRenumber = false
  /** Number of connections so far. */
  private connection = 0

  constructor(private readonly options: AnnouncerOptions) {}

  /**
   * Call when the WAL is read over a new connection. It may be the WAL of a standby that took over without the emitted announcements.
   * @param isAllSettled whether the mark covers every event that was given to the publisher or is in Kafka
   */
  connected(isAllSettled: boolean): void {
    this.canRenumber = isAllSettled
    this.connection++
    this.emittedIds.clear()
    this.waitsFor.clear()
    this.firstPlaces.clear()
    this.options.onWaiting([])
  }

  /** Call when the WAL is no longer read. */
  disconnected(): void {
    this.options.onWaiting([])
  }

  /** Call when another transaction begins. */
  begin(): void {
    this.inTransaction = []
  }

  /** Call when an announcement was read at this place of the WAL. */
  noteRead(id: string, place: LogPlace): void {
    const first = this.firstPlaces.get(id) ?? place.lsn
    this.firstPlaces.set(id, first)
    if (place.lsn === first) this.inTransaction.push({ id, place })
  }

  /**
   * Emits the announcements that are saved in the mark, are not emitted yet, and wait for no transaction. Call again after each read of the
   * catalogue.
   */
  async emit(): Promise<void> {
    const { announcements, savedAnnouncements } = this.options.marks
    const saved = new Set(savedAnnouncements.map(({ id }) => id))
    const noted = announcements.map(({ id }) => id).filter((id) => saved.has(id) && !this.emittedIds.has(id))
    if (noted.length === 0) {
      this.options.onWaiting([])
      return
    }
    const { connection } = this
    const open = await this.options.readOpenWriters()
    // After a reconnect, the WAL may be that of another server: what was read and emitted before says nothing about it.
    if (connection !== this.connection) return
    for (const id of noted) if (!this.waitsFor.has(id)) this.waitsFor.set(id, [...open.keys()])
    const waiting = noted.filter((id) => this.waitsFor.get(id)?.some((writer) => open.has(writer)))
    const awaited = new Set(waiting.flatMap((id) => this.waitsFor.get(id) ?? []))
    this.options.onWaiting([...open].filter(([writer]) => awaited.has(writer)).map(([, blocker]) => blocker))
    const ids = noted.filter((id) => !waiting.includes(id))
    if (ids.length === 0) return
    await this.options.emit(ids)
    if (connection !== this.connection) return
    for (const id of ids) {
      this.emittedIds.add(id)
      this.waitsFor.delete(id)
    }
  }

  /** @param source the configuration under which the transaction is turned into events */
  async eventsOf(
    transaction: TransactionInfo,
    changes: readonly ChangeWithoutRows[],
    { name, epoch, company }: CaptureSource,
  ): Promise<AnnouncedEvents> {
    if (changes.length === 0 && this.inTransaction.length === 0) return NOTHING
    const noted = new Map(this.options.marks.announcements.map((one) => [one.id, one]))
    const found = this.inTransaction.flatMap(({ id, place }) => {
      const announcement = noted.get(id)
      return announcement ? [{ place, announcement }] : []
    })
    const placed = [...changes.map(announcementOf), ...found].sort(byPlace)
    if (placed.length === 0) return NOTHING
    const companies = await this.companies(company.kind === 'value' ? company.value : null)
    return {
      events: announcedEvents(placed, { producer: name, epoch, transaction, companies }),
      ids: found.map(({ announcement }) => announcement.id),
    }
  }

  /** Returns the announcements to note when a source starts. If its epoch was raised, receivers are told to fetch everything again. */
  afterEpoch(
    { announcements, gaps }: ReadCaptureMark,
    { tables }: CaptureSource,
    former: PublishedPlace | null,
  ): readonly Announcement[] {
    if (former === null) return announcements
    const resources = tables.map(({ resource }) => resource).sort()
    return [{ id: randomUUID(), reason: reasonOf(gaps), resources, from: former.text }]
  }

  /**
   * Returns the companies that get an announcement: the only company of the source, or else all existing companies. New companies are noted
   * before anything is published under their index. A deleted company keeps its index while events that depend on it may be read again.
   */
  private async companies(only: string | null): Promise<readonly NumberedCompany[]> {
    const { marks, readCompanies } = this.options
    const current = new Set(only === null ? await readCompanies() : [only])
    const known = new Set(marks.companies)
    const added = [...current].filter((company) => !known.has(company)).sort()
    const kept = this.canRenumber ? marks.companies.filter((company) => current.has(company)) : marks.companies
    if (added.length > 0) await marks.note({ companies: [...kept, ...added] })
    this.canRenumber = false
    return marks.companies.flatMap((id, index) => (current.has(id) ? [{ id, index }] : []))
  }
}

/** Returns the reason that receivers are given, from the codes of the gaps. */
function reasonOf(gaps: ReadCaptureMark['gaps']): ResyncReason {
  const codes = new Set([...gaps.values()].map(({ code }) => code))
  if (codes.has('SLOT_LOST')) return 'slotLost'
  return codes.has('CHANGES_MISSING') ? 'publication' : 'restored'
}

const announcementOf = ({ reason, place, resources }: ChangeWithoutRows): PlacedAnnouncement => ({
  place,
  announcement: { reason, resources, from: null },
})

const byPlace = (a: PlacedAnnouncement, b: PlacedAnnouncement): number =>
  a.place.lsn === b.place.lsn ? a.place.index - b.place.index : a.place.lsn < b.place.lsn ? -1 : 1
