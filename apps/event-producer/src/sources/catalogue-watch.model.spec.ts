import { describe, expect, it } from '@jest/globals'
import {
  catalogueFromJson,
  positionBefore,
  type Announcement,
  type CaptureSource,
  type CatalogueFacts,
} from '@hooklane/core/capture'
import type { CaptureGaps, ReadCaptureMark } from '@hooklane/postgres'
import { ChangesMissing, SourceUnreadable } from '@hooklane/replication'
import fc from 'fast-check'
import { mergeGaps } from '../marks/merge-gaps.js'
import { MarkKeeper, type MarkStore } from '../marks/mark-keeper.js'
import { ITEM, LOG, sourceOf } from './capture-consumer.fixture.js'
import { NO_TIMERS, Outside } from './outside.fixture.js'
import { CatalogueWatch } from './catalogue-watch.js'
import { HiddenColumns } from './hidden-columns.js'
import { gapsOfMark } from './gaps-of-mark.js'
import { Losses } from './losses.fixture.js'
import {
  isPublicationAction,
  PARTITION_ACTIONS,
  PREPARED,
  PUBLICATION_ACTIONS,
  REPLICATED,
  RESOURCE,
  TABLES,
  type Foreign,
  type PublicationAction,
} from './catalogue-model.fixture.js'
import { ModelDatabase, type PublicationChange } from './model-database.fixture.js'

/** Ends a process at a place that it reached. */
class Crash extends Error {}

const captureOf = (files: readonly string[], epoch: number, accept: readonly string[]): CaptureSource =>
  sourceOf({
    epoch,
    accept,
    tables: files.map((name) => ({ ...ITEM, table: name.slice('public.'.length), resource: RESOURCE[name] ?? '' })),
  })

/**
 * A database that others change, a mark, and processes that come and go. The model also records the truth: what was lost of each captured
 * table and when, what could be the cause of an alarm, and what receivers were told.
 */
class World {
  readonly database = new ModelDatabase(TABLES)
  readonly outside = new Outside()
  /** Ids that the capture file accepts. */
  readonly accepted: string[] = []
  epoch = 1
  reading: (Pick<Process, 'watch' | 'end'> & { readonly files: readonly string[] }) | null = null
  private readonly losses = new Losses()
  private readonly told = new Map<string, number>()
  /** When somebody else did something to a table. */
  private readonly cause = new Map<string, number>()
  /** When the capture file took a table out, or a person started over. */
  private readonly order = new Map<string, number>()
  /** Tables that are captured, if a process reads them. */
  private readonly published = new Set<string>()
  private reused: string | null = null
  /** Causes up to here have had their alarm. */
  private readonly spent = new Map<string, number>()
  private readonly announced = new Set<string>()
  /** Tables that were captured when the mark was settled last. */
  private settled: ReadonlySet<string> = new Set()
  /** When the catalogue was looked at last: only what happened before can be known. */
  private lookedAt = 0
  /** Table → the partitions that this look showed. */
  private shown: ReadonlyMap<string, ReadonlySet<number>> = new Map()
  private clock = 0

  /** Somebody changes the database. */
  foreign(...[action, table]: Foreign): void {
    const oid = this.database.oids.get(table) ?? 0
    if (isPublicationAction(action)) {
      const touched = this.touchedBy(action, table, oid)
      if (touched.length > 0) this.happened(touched)
    } else {
      const leaf = this.database[action](oid)
      if (leaf !== null) this.happened([table], leaf, action !== 'detach' || this.losses.leave(table, leaf))
    }
  }

  /** Does it, if possible. @returns the tables that may have lost something by it */
  private touchedBy(action: PublicationAction, table: string, oid: number): readonly string[] {
    const { database } = this
    const { publication } = database
    switch (action) {
      case 'takeOut':
        return database.takeOut(oid) ? [table] : []
      case 'putBack':
        if (!publication || publication.members.has(oid)) return []
        database.putIn(oid)
        return [table]
      case 'takeOutAndPutBack':
      case 'narrow':
      case 'widen':
        if (!database.takeOut(oid)) return []
        database.putIn(oid, action === 'narrow')
        return [table]
      case 'switchOff':
      case 'switchOn':
        database.setOptions(action === 'switchOn')
        return publication ? TABLES : []
      case 'dropPublication':
        database.dropPublication()
        return publication ? TABLES : []
      case 'createPublication':
        database.createPublication(TABLES)
        return publication ? [] : TABLES
    }
  }

  /**
   * A process takes over the source, and gets as far as `crashAfter` steps allow. @param between what somebody does after the process has
   * looked
   */
  async start(files: readonly string[], crashAfter: number, between?: Foreign): Promise<void> {
    await this.stop()
    const process = this.process(files, crashAfter)
    try {
      await this.open(process, files, between)
      this.reading = { ...process, files }
      this.see()
      // The next look has to see what happened after this one.
      if (between) await this.inspect()
      else this.checkAllTold(files)
    } catch (error) {
      await this.failed(process, error)
    }
  }

  async inspect(): Promise<void> {
    const { reading } = this
    if (!reading) return
    const facts = this.look(reading.files)
    try {
      await reading.watch.inspected(facts)
      this.see()
      this.checkAllTold(reading.files)
    } catch (error) {
      await this.failed(this.process(reading.files, Infinity), error)
      await this.stop()
    }
  }

  private look(files: readonly string[]): CatalogueFacts {
    const facts = this.database.facts(files)
    this.lookedAt = this.clock
    this.shown = new Map(
      files.map((table) => [table, new Set(facts.tables.get(this.database.oids.get(table) ?? 0)?.leaves.keys() ?? [])]),
    )
    return facts
  }

  /** What the last look showed has been recorded. */
  private see(): void {
    for (const [table, leaves] of this.shown) this.losses.see(table, leaves)
  }

  /** Writes the ids that refusals printed into the file. */
  acceptNoted(): void {
    const ids = [...(this.outside.mark?.gaps.values() ?? [])].flatMap(({ id }) => id ?? [])
    this.accepted.push(...ids.filter((id) => !this.accepted.includes(id)))
  }

  /** Ends the process like a crash. */
  async stop(): Promise<void> {
    await this.reading?.end()
    this.reading = null
  }

  private async open(
    { capture, keeper, watch, step }: Process,
    files: readonly string[],
    between: Foreign | undefined,
  ): Promise<void> {
    const { database, outside } = this
    const before = outside.mark
    const isContinued = before === null || before.position.startsWith(`000${this.epoch}`)
    if (isContinued && gapsOfMark(capture, before).open.size > 0) {
      throw new ChangesMissing(gapsOfMark(capture, before).open, REPLICATED)
    }
    if (before === null || !isContinued) database.publishAtOnce(files)
    const prepared = { ...PREPARED, tables: database.facts(files).oids, catalogue: database.facts(files) }
    const place = { position: positionBefore(this.epoch, 10n), xid: null }
    const mark = await keeper.claim(place.position)
    const missing = TABLES.filter((table) => this.isCaptured(table) && !files.includes(table))
    for (const table of missing) this.order.set(table, this.clock++)
    this.forgetUnread(mark, files)
    if (!isContinued) for (const table of files) this.order.set(table, this.clock++)
    const again: Announcement = {
      id: `epoch ${this.epoch}`,
      reason: 'restored',
      resources: capture.tables.map((one) => one.resource),
      from: null,
    }
    const announcements = isContinued ? mark.announcements : [again]
    const notes = {
      tables: prepared.tables,
      log: LOG,
      configuration: {},
      catalogue: mark.catalogue,
      companies: [],
      announcements,
    }
    const access = database.access(files, step, (change) => this.changed(change))
    const read = async () => {
      const facts = await access.read()
      this.look(files)
      if (between) this.foreign(...between)
      return facts
    }
    const claimed = { mark, isContinued, prepared, access: { ...access, read } }
    await watch.begin({ place, settledLsn: 1n, enqueued: '', notes }, claimed)
  }

  /** A table that was published, and taken out of the file before a process read anything of it, has lost nothing. */
  private forgetUnread({ tables, catalogue }: ReadCaptureMark, files: readonly string[]): void {
    const former = catalogueFromJson(catalogue)?.former
    for (const table of TABLES) {
      if ([...files, ...tables.keys(), ...(former?.keys() ?? [])].includes(table)) continue
      this.losses.forget(table)
      this.published.delete(table)
    }
  }

  private process(files: readonly string[], crashAfter: number): Process {
    const capture = captureOf(files, this.epoch, this.accepted)
    let left = crashAfter
    const step = (): void => {
      if (left-- <= 0) throw new Crash()
    }
    const keeper = new MarkKeeper({
      producer: 'pim',
      timers: NO_TIMERS,
      store: this.storeOf(step),
      endOffsets: () => Promise.resolve(new Map()),
      onFailure: () => undefined,
    })
    const watch = new CatalogueWatch({
      capture,
      replicated: REPLICATED,
      marks: keeper,
      columns: new HiddenColumns({ capture, marks: keeper, onRenamed: () => undefined }),
      onAnnounced: () => undefined,
      onUnmatched: () => undefined,
    })
    const end = (): Promise<void> => {
      left = 0
      return keeper.stop()
    }
    return { capture, keeper, watch, step, end }
  }

  private storeOf(step: () => void): MarkStore {
    const { store } = this.outside
    const stays = async <T>(effect: () => Promise<T>): Promise<T> => {
      step()
      const result = await effect()
      this.saved()
      step()
      return result
    }
    return {
      read: (producer) => store.read(producer),
      claim: (...args) => stays(() => store.claim(...args)),
      save: (...args) => stays(() => store.save(...args)),
      noteGaps: (...args) => stays(() => this.noteGaps(args[2].gaps)),
    }
  }

  private noteGaps(gaps: CaptureGaps): Promise<void> {
    const { mark } = this.outside
    if (!mark) return Promise.resolve()
    for (const [table, { id }] of gaps) {
      if (!mark.gaps.has(table) && id !== undefined && this.accepted.includes(id)) this.reused = id
    }
    this.outside.mark = { ...mark, gaps: mergeGaps(mark.gaps, gaps) }
    return Promise.resolve()
  }

  private async failed({ keeper, end }: Pick<Process, 'keeper' | 'end'>, error: unknown): Promise<void> {
    if (error instanceof ChangesMissing) {
      for (const table of error.gaps.keys()) this.checkRefused(table, error.message)
      await keeper.noteGaps(error.gaps, `000${this.epoch}`)
    } else if (!(error instanceof Crash || error instanceof SourceUnreadable)) throw error
    await end()
    expect(this.reused).toBeNull()
  }

  /** Something happened to these tables. @param isMissed whether they have lost something by it, or may have */
  private happened(tables: readonly string[], leaf: number | null = null, isMissed = true): void {
    for (const table of tables) {
      this.cause.set(table, this.clock)
      if (isMissed && this.isCaptured(table)) this.losses.add(table, { at: this.clock, leaf })
    }
    this.clock++
  }

  private isCaptured(table: string): boolean {
    return this.outside.mark?.tables.has(table) === true || this.published.has(table)
  }

  /** We have changed the publication. */
  private changed({ added, removed }: PublicationChange): void {
    this.clock++
    for (const table of added) this.published.add(table)
    for (const table of removed) {
      if (this.isCaptured(table)) this.losses.add(table, { at: this.clock, leaf: null })
      this.published.delete(table)
    }
  }

  private saved(): void {
    const { mark } = this.outside
    for (const { id, resources } of mark?.announcements ?? []) {
      if (this.announced.has(id)) continue
      this.announced.add(id)
      for (const table of TABLES.filter((one) => resources.includes(RESOURCE[one] ?? ''))) {
        this.checkCause(table, [this.cause, this.order], 'announced')
        this.told.set(table, this.lookedAt)
        this.spent.set(table, this.lookedAt)
      }
    }
    this.settledWith(mark)
    this.clock++
  }

  /** What happened to a table before it was captured is no cause. A plan only begins to capture it: what it announces comes with the save that settles it. */
  private settledWith(mark: ReadCaptureMark | null): void {
    const catalogue = catalogueFromJson(mark?.catalogue ?? {})
    if (!mark || !catalogue || catalogue.plan) return
    for (const table of mark.tables.keys()) {
      if (!this.settled.has(table) && !catalogue.former.has(table)) this.spent.set(table, this.lookedAt)
    }
    this.settled = new Set(mark.tables.keys())
  }

  /** Takes tables out of the file and names them again: that is no reason to refuse. */
  private checkRefused(table: string, alarm: string): void {
    const { mark } = this.outside
    this.checkCause(table, [this.cause], alarm)
    if (mark && catalogueFromJson(mark.catalogue)?.former.has(table))
      throw new Error(`${table} came back by the file: ${alarm}`)
  }

  private checkCause(table: string, causes: readonly ReadonlyMap<string, number>[], alarm: string): void {
    const spent = this.spent.get(table) ?? -1
    const isCaused = causes.some((one) => (one.get(table) ?? -2) >= spent)
    if (!isCaused) throw new Error(`nothing happened to ${table}: ${alarm}`)
  }

  private checkAllTold(files: readonly string[]): void {
    for (const table of files) {
      const lost = this.losses.latest(table)
      if (lost !== null && (this.told.get(table) ?? -1) < lost) throw new Error(`nobody was told what ${table} lost`)
    }
  }
}

interface Process {
  readonly capture: CaptureSource
  readonly keeper: MarkKeeper
  readonly watch: CatalogueWatch
  readonly step: () => void
  readonly end: () => Promise<void>
}

interface Command {
  readonly run: (world: World) => Promise<void> | void
  readonly toString: () => string
}

const called = (name: string, run: Command['run']): Command => ({ run, toString: () => name })
const someFiles = fc.subarray([...TABLES], { minLength: 1 })
const crash = fc.oneof({ weight: 2, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 0, max: 9 }))
const someForeign: fc.Arbitrary<Foreign> = fc.tuple(
  fc.constantFrom(...PUBLICATION_ACTIONS, ...PARTITION_ACTIONS),
  fc.constantFrom(...TABLES),
)
const foreign = someForeign.map(([action, table]) =>
  called(`${action} ${table}`, (world) => world.foreign(action, table)),
)
const start = fc
  .tuple(someFiles, crash, fc.option(someForeign, { nil: undefined, freq: 3 }))
  .map(([files, after, between]) =>
    called(`start ${files.join()}, ${after} steps${between ? `, meanwhile ${between.join(' ')}` : ''}`, (world) =>
      world.start(files, after, between),
    ),
  )
const inspect = fc.constant(called('inspect', (world) => world.inspect()))
const accept = fc.tuple(someFiles, crash).map(([files, after]) =>
  called(`accept, start ${files.join()}, ${after} steps`, (world) => {
    world.acceptNoted()
    return world.start(files, after)
  }),
)
const raiseEpoch = fc.constant(
  called('raise the epoch', (world) => {
    if (world.epoch < 9) world.epoch++
  }),
)
const command = fc.oneof(
  { weight: 5, arbitrary: foreign },
  { weight: 4, arbitrary: start },
  { weight: 3, arbitrary: inspect },
  { weight: 3, arbitrary: accept },
  { weight: 1, arbitrary: raiseEpoch },
)

describe('what the catalogue shows', () => {
  it('is announced or refused, once, whatever others change and wherever processes end; and nothing else is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const world = new World()
        try {
          for (const { run } of commands) await run(world)
        } finally {
          await world.stop()
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('announces nothing for a table whose plan was rolled back before a person started over', async () => {
    const world = new World()
    await world.start(['public.b'], Infinity)
    await world.start(['public.c'], 3)
    world.epoch++
    await world.start(['public.a'], 3)
    await world.start(['public.c'], Infinity)
    await world.stop()
    expect(world.outside.mark?.announcements.map(({ reason }) => reason)).toEqual(['restored'])
  })
})
