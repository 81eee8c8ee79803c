import { settleAccounts } from './accounts.mjs'
import { ColumnLives } from './column-lives.mjs'
import { faultsOf, holdsPassingState } from './contents.mjs'
import { Debts } from './debts.mjs'
import { effectsOf, entitiesOf, entityOf, isEvent, isSecret } from './effects.mjs'
import { compareTables } from './final-tables.mjs'
import { Findings } from './findings.mjs'
import { Model } from './model.mjs'
import { CONTEXT_PREFIX, NOTE_PREFIX } from './notes.mjs'
import { readRecords } from './records.mjs'
import { Receivers, resourceOf } from './receivers.mjs'
import { meaningIn, Timeline } from './timeline.mjs'
import { Topic } from './topic.mjs'
import { transactionsOf } from './transactions.mjs'

/**
 * Everything that is known about a run, besides its topic and its WAL.
 *
 * @typedef {object} RunRecord
 * @property {string} source - The name of the captured source.
 * @property {string} token - A part of every value that must not leave the event-producer.
 * @property {string[]} companies
 * @property {import('./effects.mjs').Meaning[]} tables - The entries of the captured tables, as in a capture file that names all of them.
 * @property {{ name: string, columns: Readonly<Record<string, string>>, id: string[], parent: string | null }[]} relations - Initial tables, parents first.
 * @property {Readonly<Record<string, Readonly<Record<string, string | null>>[]>>} rows - The rows at the beginning, by table or partition.
 * @property {import('./timeline.mjs').ProducerRun[]} producers - In the order of their starts.
 * @property {Readonly<Record<string, Readonly<Record<string, string | null>>[]>>} finalRows - The rows at the end, by captured table.
 *
 * @typedef {import('./effects.mjs').Effect} Effect
 * @typedef {import('./effects.mjs').Meaning} Meaning
 * @typedef {import('./records.mjs').JudgedEvent} JudgedEvent
 * @typedef {import('./transactions.mjs').Transaction} Transaction
 *
 * A transaction that is being judged.
 *
 * @typedef {object} Case
 * @property {Transaction} transaction
 * @property {any} context - The content of the application's context messages in the transaction.
 * @property {Map<string, JudgedEvent[]>} events - By entity. Events that are left at the end belong to no change.
 * @property {boolean} isPublished - Whether the transaction has any event.
 */

/**
 * Decides whether receivers of the topic know the committed state. The judge walks through the transactions in the order of their commits,
 * computes the events that each transaction must have, and lets one simulated receiver per company and resource apply the events of the
 * topic.
 */
export class Judge {
  #run
  #findings = new Findings()
  #debts = new Debts()
  #receivers = new Receivers()
  #model = new Model({
    onFault: (text) => this.#findings.add('confused', text, { at: this.#at }),
    isUnsure: (table, column) =>
      this.#columns.isUnsure(table, column, {
        at: this.#at,
        omit: this.#omitOf(table),
        everOmitted: this.#everOmitted.get(table) ?? new Set(),
      }),
  })
  #columns = new ColumnLives([])
  /** Returns the columns that the capture file for the present transaction omits. @type {(table: string) => readonly string[]} */
  #omitOf = () => []
  #timeline
  #topic
  /** By table: the columns that any file of the run has ignored or omitted. @type {Map<string, Set<string>>} */
  #everNamed = new Map()
  /** By table: the columns that any file of the run has omitted. @type {Map<string, Set<string>>} */
  #everOmitted = new Map()
  /** Processes that were killed while a transaction was half-published. @type {Set<number>} */
  #halfKilled = new Set()
  #at = ''

  /** @param {RunRecord} run @param {readonly import('./records.mjs').TopicRecord[]} records */
  constructor(run, records) {
    const { source, token } = run
    this.#run = run
    this.#timeline = new Timeline(run.producers)
    const events = readRecords(records, { source, token, processOf: this.#timeline.processOf }, this.#findings)
    this.#timeline.learn(events)
    this.#topic = new Topic(events)
    this.#findings.count('events', events.length)
    for (const { name, ...shape } of run.relations) this.#model.addTable(name, shape)
    for (const [leaf, rows] of Object.entries(run.rows)) for (const row of rows) this.#model.addRow(leaf, row)
    for (const { file } of run.producers) for (const meaning of file.tables) this.#name(meaning)
    for (const company of run.companies) for (const meaning of run.tables) this.#fetch(company, meaning)
  }

  /** @param {readonly import('./transactions.mjs').HistoryLine[]} history */
  judge(history) {
    this.#columns = new ColumnLives(history)
    for (const transaction of transactionsOf(history)) this.#take(transaction)
    for (const judged of this.#topic.rest()) this.#invented(judged, 'belongs to no committed transaction')
    this.#settleAccounts(this.#run.producers.length - 1)
    compareTables(this.#model, this.#run.finalRows, (text) => this.#findings.add('confused', text))
    const { counts, examples } = this.#findings
    return { counts, examples, halfKilled: this.#halfKilled.size }
  }

  /** @param {Meaning} meaning */
  #name({ table, ignore, omit }) {
    const named = this.#namedOf(table)
    for (const column of [...ignore, ...omit]) named.add(column)
    this.#everNamed.set(table, named)
    this.#everOmitted.set(table, new Set([...(this.#everOmitted.get(table) ?? []), ...omit]))
  }

  /** @param {Transaction} transaction */
  #take(transaction) {
    const { xid, lines, at, startLsn, endLsn } = transaction
    this.#at = at
    const file = this.#timeline.fileOf(this.#timeline.decider(transaction))
    this.#omitOf = (table) => meaningIn(file, table)?.omit ?? []
    let context = {}
    for (const { line, lsn } of lines) {
      if (line.kind !== 'message') this.#apply(line, lsn)
      else if (line.prefix === CONTEXT_PREFIX) context = { ...context, ...JSON.parse(line.content) }
      else if (line.prefix === NOTE_PREFIX) this.#note(JSON.parse(line.content), transaction)
    }
    const found = this.#topic.takeEvents(xid)
    for (const judged of found) {
      const { commitLsn } = judged.position
      if (commitLsn < startLsn || commitLsn >= endLsn) this.#invented(judged, `has the position of another transaction`)
    }
    /** @type {Case} */
    const now = { transaction, context, isPublished: found.length > 0, events: byEntity(found) }
    let missing = 0
    const touched = new Set()
    for (const touch of this.#model.takeTouched()) {
      const meaning = meaningIn(this.#run, touch.root)
      const row = this.#model.rowAt(touch.root, touch.key)
      if (!meaning) continue
      for (const image of [touch.before?.image, ...touch.images]) {
        const entity = image && entityOf(image, meaning)
        if (entity) touched.add(nameOf(entity.company, meaning.resource, entity.id))
      }
      for (const effect of effectsOf(touch, row?.image ?? null, meaning)) missing += this.#expect(effect, meaning, now)
    }
    for (const judged of [...now.events.values()].flat()) this.#unexpected(judged, touched)
    this.#noteHalf(found, missing)
    for (const judged of this.#topic.takeResyncs(endLsn)) this.#resync(judged)
  }

  /** @param {import('./decoding.mjs').Line} line @param {bigint} lsn */
  #apply(line, lsn) {
    if (line.kind === 'truncate') this.#model.truncate(line.tables, lsn)
    else if (line.kind === 'change') {
      this.#findings.count('rowChanges')
      this.#model.change(line, lsn)
    }
  }

  /** @param {any} note @param {Transaction} transaction */
  #note(note, transaction) {
    if (note.did === 'checkpoint') this.#settleAccounts(this.#timeline.decider(transaction))
    else this.#model.alter(note)
  }

  /**
   * @param {Effect} effect
   * @param {Meaning} meaning
   * @param {Case} now
   * @returns {number} how many events that the file requires are missing
   */
  #expect(effect, meaning, { transaction, context, events, isPublished }) {
    const { company, id, touch, operation } = effect
    const { resource } = meaning
    const decider = this.#timeline.decider(transaction)
    const candidates = events.get(nameOf(company, resource, id)) ?? []
    // A row that came or went without a log record of its own (`isSilent`) may have an event of any operation, or none.
    const at = candidates.findIndex(({ event }) => touch.isSilent || event.revision.operation === operation)
    const [found] = at < 0 ? [] : candidates.splice(at, 1)
    if (found) {
      this.#check(found, effect, { decider, context })
      return 0
    }
    const files = isPublished ? [this.#timeline.fileOf(decider)] : this.#timeline.candidates(transaction)
    const named = this.#namedOf(touch.root)
    const isDue = files.every((file) => isEvent(effect, meaningIn(file, touch.root) ?? meaning, named) === 'yes')
    if (!isDue) return 0
    const { xid, at: committedAt } = transaction
    const isCaptured = files.every((file) => meaningIn(file, touch.root) !== null)
    this.#debts.add(company, resource, { id, operation, xid, committedAt, isSilent: touch.isSilent, isCaptured })
    return isCaptured && !touch.isSilent ? 1 : 0
  }

  /** An event that the judge did not expect. @param {JudgedEvent} judged @param {ReadonlySet<string>} touched */
  #unexpected(judged, touched) {
    const { companyId, type, entity } = judged.event
    if (touched.has(nameOf(companyId, resourceOf(type), entity.id))) this.#owe(judged)
    else this.#invented(judged, 'belongs to no change of its transaction')
  }

  /**
   * An event with a state that its entity had within the transaction, but not at its end: the publication left out a part of the changes.
   * The event counts as a debt, so that its receiver must later get `resync.required`. @param {JudgedEvent} judged
   */
  #owe({ event }) {
    const { companyId, type, entity, revision } = event
    const { operation, transaction } = revision
    this.#debts.add(companyId, resourceOf(type), { id: entity.id, operation, xid: transaction.id, isSilent: false })
    this.#receivers.apply(event)
  }

  /** @param {JudgedEvent} found @param {Effect} effect @param {{ decider: number, context: any }} by */
  #check(found, effect, { decider, context }) {
    const { event } = found
    const { root, isSilent } = effect.touch
    const meaning = meaningIn(this.#timeline.fileOf(decider), root)
    if (meaning === null) return this.#invented(found, 'belongs to a table that the capture file did not name')
    const faults = faultsOf(found, effect, { meaning, context })
    if (faults.length > 0 && holdsPassingState(found, effect, { meaning, context })) return this.#owe(found)
    if (!isSilent && isEvent(effect, meaning, this.#namedOf(root)) === 'no')
      faults.push('changes no column that the capture file publishes')
    if (!this.#debts.has(event.companyId, meaning.resource) && !isSilent) {
      const contradiction = this.#receivers.contradiction(event, (column) => this.#isVolatile(root, column))
      if (contradiction) faults.push(contradiction)
    }
    if (faults.length > 0) this.#invented(found, faults.join('; '))
    this.#receivers.apply(event)
  }

  /** @param {readonly JudgedEvent[]} found @param {number} missing */
  #noteHalf(found, missing) {
    const processes = found.map(({ process }) => process)
    const first = Math.min(...processes)
    const isHalf = missing > 0 || processes.some((process) => process > first)
    if (found.length > 0 && isHalf && this.#run.producers[first]?.ended === 'SIGKILL') this.#halfKilled.add(first)
  }

  /** @param {JudgedEvent} judged */
  #resync({ event, process }) {
    const { companyId, data } = event
    this.#findings.count(`resync ${data.reason}`)
    for (const base of this.#run.tables) {
      if (data.resources.length > 0 && !data.resources.includes(base.resource)) continue
      this.#fetch(companyId, meaningIn(this.#timeline.fileOf(process), base.table) ?? base)
      this.#debts.take(companyId, base.resource)
    }
  }

  /** Lets the receiver of a company fetch all entities of a table as they are now. @param {string} company @param {Meaning} meaning */
  #fetch(company, meaning) {
    this.#receivers.fetch(company, meaning.resource, entitiesOf(this.#model.rootOf(meaning.table), meaning, company))
  }

  /** @param {number} process - The process whose capture file applies. */
  #settleAccounts(process) {
    settleAccounts({
      meanings: this.#timeline.fileOf(process).tables,
      companies: this.#run.companies,
      model: this.#model,
      receivers: this.#receivers,
      debts: this.#debts,
      findings: this.#findings,
      isVolatile: (table, column) => this.#isVolatile(table, column),
      at: this.#at,
    })
  }

  /** Whether it is correct that receivers know outdated values of a column. @param {string} root @param {string} column */
  #isVolatile(root, column) {
    return isSecret(column) || this.#namedOf(root).has(column) || this.#model.rootOf(root).volatile.has(column)
  }

  /** @param {string} table */
  #namedOf(table) {
    return this.#everNamed.get(table) ?? new Set()
  }

  /** @param {JudgedEvent} judged @param {string} text */
  #invented({ event, position, place }, text) {
    const { companyId, type, entity } = event
    const what = `${type} ${entity.id} of ${companyId} ${text}`
    this.#findings.add('invented', what, {
      at: this.#at,
      place,
      position: position.text,
      transaction: event.revision?.transaction,
    })
  }
}

/** @param {string} company @param {string} resource @param {string} id */
const nameOf = (company, resource, id) => `${company}\0${resource}\0${id}`

/** @param {readonly JudgedEvent[]} events @returns {Map<string, JudgedEvent[]>} */
function byEntity(events) {
  const groups = new Map()
  for (const judged of events) {
    const { companyId, type, entity } = judged.event
    const name = nameOf(companyId, resourceOf(type), entity.id)
    const group = groups.get(name)
    if (group) group.push(judged)
    else groups.set(name, [judged])
  }
  return groups
}
