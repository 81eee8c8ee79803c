import { setTimeout as delay } from 'node:timers/promises'
import { COLUMN_ACTS } from './columns.mjs'
import { FILE_ACTS } from './files.mjs'
import { PARTITION_ACTS } from './partitions.mjs'
import { CUT_ACTS, ENDS } from './processes.mjs'
import { PUBLICATION_ACTS } from './publications.mjs'
import { SETTING_ACTS } from './settings.mjs'

/** @typedef {import('./site.mjs').Site} Site @typedef {import('./site.mjs').Act} Act */

const ACTS = [...PUBLICATION_ACTS, ...PARTITION_ACTS, ...COLUMN_ACTS, ...SETTING_ACTS, ...FILE_ACTS, ...CUT_ACTS]

/** The names of all kinds of hostile changes, as `--without` takes them. */
export const KINDS = [...ACTS.map(({ kind }) => kind), ...Object.keys(ENDS), 'freeze']

/** The share of turns (calls of `turn`) that end the event-producer. */
const END_SHARE = 0.4
/** The share of turns that freeze the event-producer. In all other turns it keeps running. */
const FREEZE_SHARE = 0.11
/** Between two checkpoints, THEME_SIZE kinds of changes are made, chosen from the SHORTLIST_SIZE kinds that were made least often. */
const THEME_SIZE = 5
const SHORTLIST_SIZE = 7

/**
 * Makes hostile changes to a captured source at random moments. Then the operator must get the event-producer to read the source again.
 */
export class Nemesis {
  #site
  #operator
  #without
  /** @type {readonly Act[]} */
  #theme = []

  /** @param {{ site: Site, operator: import('../operator/operator.mjs').Operator, without: ReadonlySet<string> }} options */
  constructor({ site, operator, without }) {
    this.#site = site
    this.#operator = operator
    this.#without = without
  }

  /**
   * Chooses the kinds of changes until the next checkpoint. All kinds together would hide losses: a change of one kind may require a
   * resync, which repairs what a change of another kind has lost.
   */
  changeTheme() {
    const { chance } = this.#site
    const rare = [...this.#possible]
      .sort(() => chance.next() - 0.5)
      .sort((a, b) => this.#times(a.kind) - this.#times(b.kind))
    this.#theme = rare
      .slice(0, SHORTLIST_SIZE)
      .sort(() => chance.next() - 0.5)
      .slice(0, THEME_SIZE)
  }

  /** Makes one turn. In most turns, waits at the end until the source is ready. @throws {import('../operator/operator.mjs').Stuck} */
  async turn() {
    const { chance } = this.#site
    const dice = chance.next()
    if (dice < END_SHARE) await this.#endAndStart()
    else if (dice < END_SHARE + FREEZE_SHARE && !this.#without.has('freeze')) await this.#freeze()
    else await this.#makeChanges('running', chance.between(1, 3))
    await this.#undoDue('any')
    // Sometimes the next change comes before the operator has acted.
    if (chance.isBelow(0.75)) await this.#operator.untilReady()
  }

  /** Whether any change that is still to be undone requires the event-producer to be stopped. */
  get mustStop() {
    return this.#site.undo.some(({ moment }) => moment === 'stopped')
  }

  /** Undoes all changes that are still to be undone. */
  async undoAll() {
    for (const undo of this.#site.undo) undo.dueAt = 0
    await this.#undoDue('stopped')
  }

  async #endAndStart() {
    const site = this.#site
    const { chance, world } = site
    const ends = Object.keys(ENDS).filter((kind) => !this.#without.has(kind))
    if (ends.length === 0) return
    const kind = this.#oneOfTheRarest(ends, Math.ceil(ends.length / 2))
    // A transaction can be half-published only while the source is being read.
    if (kind === 'halfKill') await this.#operator.untilReady()
    await this.#do(kind, ENDS[kind] ?? (() => Promise.resolve(null)))
    await this.#undoDue('stopped')
    await this.#makeChanges('stopped', chance.between(1, 3))
    if (chance.isBelow(0.4)) await delay(chance.between(0, 2_500))
    await world.supervisor.start()
  }

  /** Freezes the event-producer, so that it learns late of changes that are made meanwhile. */
  async #freeze() {
    const { chance, world } = this.#site
    const { process } = world.supervisor
    if (!process) return
    process.signal('SIGSTOP')
    try {
      await this.#do('freeze', () => Promise.resolve('frozen'))
      await delay(chance.between(200, 2_000))
      await this.#makeChanges('any', chance.between(0, 2))
      await delay(chance.between(200, 3_000))
    } finally {
      process.signal('SIGCONT')
    }
  }

  /** @param {'any' | 'running' | 'stopped'} moment @param {number} wanted */
  async #makeChanges(moment, wanted) {
    const { chance } = this.#site
    const possible = this.#theme.filter((act) => act.moment === 'any' || act.moment === moment)
    for (let left = wanted; left > 0 && possible.length > 0; left -= 1) {
      await this.#makeOneChange(possible)
      if (chance.isBelow(0.5)) await delay(chance.between(0, 1_200))
      await this.#undoDue('any')
    }
  }

  /**
   * Makes one change, mostly of the kind that was made least often. When this kind finds nothing to change, tries the next kind.
   *
   * @param {readonly Act[]} possible
   */
  async #makeOneChange(possible) {
    const { chance } = this.#site
    const left = [...possible].sort((a, b) => this.#times(a.kind) - this.#times(b.kind))
    while (left.length > 0) {
      const [{ kind, act }] = /** @type {[Act]} */ (
        left.splice(chance.isBelow(0.8) ? 0 : chance.between(0, left.length - 1), 1)
      )
      if (await this.#do(kind, act)) return
    }
  }

  get #possible() {
    return ACTS.filter(({ kind }) => !this.#without.has(kind))
  }

  /** @param {string} kind */
  #times(kind) {
    return this.#site.counts[kind] ?? 0
  }

  /** @param {readonly string[]} kinds @param {number} among */
  #oneOfTheRarest(kinds, among) {
    const sorted = [...kinds].sort((a, b) => this.#times(a) - this.#times(b))
    return this.#site.chance.pick(sorted.slice(0, among))
  }

  /** @param {string} kind @param {(site: Site) => Promise<string | null>} act @returns {Promise<boolean>} whether anything was done */
  async #do(kind, act) {
    const site = this.#site
    const text = await act(site).catch((error) => noteRefusal(error, kind, site))
    if (text === null) return false
    site.count(kind)
    site.record(kind, text)
    return true
  }

  /** @param {'any' | 'stopped'} moment - `stopped`: the event-producer is stopped, so that every change may be undone. */
  async #undoDue(moment) {
    const site = this.#site
    const due = site.undo.filter((undo) => undo.dueAt <= Date.now() && (moment === 'stopped' || undo.moment === 'any'))
    site.undo = site.undo.filter((undo) => !due.includes(undo))
    for (const { kind, act } of due) {
      const text = await act()
      if (text !== null) site.record(`${kind} undone`, text)
    }
  }
}

/**
 * Notes that PostgreSQL refused a change, because another change conflicts with it, and returns null. Any other error is a defect of this tool.
 *
 * @param {any} error
 * @param {string} kind
 * @param {Site} site
 */
function noteRefusal(error, kind, site) {
  if (typeof error.code !== 'string') throw error
  site.record(`${kind} refused`, error.message)
  return null
}
