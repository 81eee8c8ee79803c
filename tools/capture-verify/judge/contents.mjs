import { isDeepStrictEqual } from 'node:util'
import { entityOf, isSecret } from './effects.mjs'
import { jsonOf, textOf } from './values.mjs'

/**
 * @typedef {import('./effects.mjs').Effect} Effect
 * @typedef {import('./effects.mjs').Meaning} Meaning
 * @typedef {import('./decoding.mjs').Image} Image
 * @typedef {import('./records.mjs').JudgedEvent} JudgedEvent
 */

/**
 * Lists what is wrong with the content of an event, compared with its change in the log.
 *
 * @param {JudgedEvent} judged
 * @param {Effect} effect
 * @param {{ meaning: Meaning, context: any }} by - The table's entry in the capture file of that time, and the application's context of the
 *   transaction.
 * @returns {string[]}
 */
export function faultsOf({ event, position }, effect, { meaning, context }) {
  const faults = []
  const { touch, company, id, before, after, operation } = effect
  if (!touch.lsns.has(position.lsn)) faults.push('has a position at which its entity was not changed')
  if (event.entity.type !== meaning.entity) faults.push(`has the entity type ${event.entity.type}`)
  if (event.companyId !== company || event.entity.id !== id) faults.push('belongs to another entity')
  if (operation === 'delete') return [...faults, ...faultsOfDelete(event, effect, meaning)]
  const now = /** @type {Image} */ (after)
  faults.push(...dataFaults(event.data, now, meaning), ...namedFaults(event, now, { meaning, context }))
  if (operation === 'update' && !touch.isSilent)
    faults.push(...changeFaults(event, /** @type {Image} */ (before), meaning))
  return faults
}

/**
 * Whether an event holds a state that its entity had within the transaction, but not at its end.
 *
 * @param {JudgedEvent} judged
 * @param {Effect} effect
 * @param {{ meaning: Meaning, context: any }} by - As for `faultsOf`.
 */
export function holdsPassingState(judged, effect, by) {
  if (effect.operation === 'delete') return false
  return effect.touch.images.some((after) => faultsOf(judged, { ...effect, after }, by).length === 0)
}

/**
 * Checks the content of a delete. Any state that the entity had before or during the transaction is correct, because several changes of one
 * transaction become one event.
 *
 * @param {any} event @param {Effect} effect @param {Meaning} meaning
 */
function faultsOfDelete(event, { before, touch, company }, meaning) {
  const states = [...touch.images, ...touch.olds, ...(before ? [before] : [])]
  const possible = states.filter((image) => entityOf(image, meaning)?.company === company)
  const fits = possible.some((image) => dataFaults(event.data, image, meaning).length === 0)
  return fits ? [] : ['holds a state that its entity never had']
}

/** @param {any} data @param {Image} image @param {Meaning} meaning */
function dataFaults(data, image, { omit }) {
  const faults = []
  for (const [column, cell] of image) {
    // Secrets count as omitted here, whatever the file says: records.mjs searches the whole record for them.
    if (omit.includes(column) || isSecret(column) || cell.text === undefined) continue
    if (!Object.hasOwn(data, column)) faults.push(`lacks data.${column}`)
    else if (!isDeepStrictEqual(data[column], jsonOf(cell)))
      faults.push(`has data.${column} ${show(data[column])} instead of ${show(jsonOf(cell))}`)
  }
  for (const column of Object.keys(data)) {
    if (!image.has(column) || omit.includes(column)) faults.push(`has data.${column}, which must not be there`)
  }
  return faults
}

/** @param {any} event @param {Image} now @param {{ meaning: Meaning, context: any }} by */
function namedFaults({ entity, revision }, now, { meaning: { key, version, actor }, context }) {
  const faults = []
  /** @param {string | null} column */
  const known = (column) => {
    const cell = column === null ? undefined : now.get(column)
    return cell?.text === undefined ? undefined : cell
  }
  const [keyCell, versionCell, actorCell] = [known(key), known(version), known(actor)]
  if (key === null ? entity.key !== null : keyCell && entity.key !== textOf(keyCell))
    faults.push(`has the key ${entity.key}`)
  if (versionCell && String(revision.number) !== String(versionCell.text))
    faults.push(`has the number ${revision.number}`)
  const actorId = context.actor?.id ?? (actorCell ? textOf(actorCell) : null)
  if ((actor === null || actorCell) && revision.actor?.id !== actorId)
    faults.push(`has the actor ${revision.actor?.id}`)
  if (revision.correlationId !== (context.correlationId ?? null))
    faults.push(`has the correlationId ${revision.correlationId}`)
  return faults
}

/**
 * Checks that the changes of an event turn the state before it into its data, and that they name no ignored or omitted column.
 *
 * @param {any} event
 * @param {Image} before
 * @param {Meaning} meaning
 */
function changeFaults({ revision, data }, before, { ignore, omit }) {
  const faults = []
  const undone = undo(revision.changes, data)
  if (typeof undone === 'string') return [undone]
  for (const [column, cell] of before) {
    if (omit.includes(column) || ignore.includes(column) || isSecret(column) || cell.text === undefined) continue
    if (!isDeepStrictEqual(undone[column], jsonOf(cell)))
      faults.push(`has changes by which ${column} was ${show(undone[column])} before, not ${show(jsonOf(cell))}`)
  }
  for (const { path } of revision.changes) {
    const column = segmentsOf(path)[0] ?? ''
    if (omit.includes(column) || ignore.includes(column))
      faults.push(`changes ${path}, which the file ignores or omits`)
  }
  return faults
}

/**
 * Computes the state before an event from its data and its changes.
 *
 * @param {readonly { op: string, path: string, before?: any, after?: any }[]} changes
 * @param {any} data
 * @returns {any} the state; a string that names the contradiction when the changes do not fit the data
 */
export function undo(changes, data) {
  const state = structuredClone(data)
  for (const { op, path, before, after } of [...changes].reverse()) {
    const segments = segmentsOf(path)
    const name = segments.pop() ?? ''
    const parent = segments.reduce((value, segment) => value?.[segment], state)
    if (parent === null || typeof parent !== 'object') return `has a change of ${path}, which is not in its data`
    const found = Object.hasOwn(parent, name) ? parent[name] : undefined
    if (!isDeepStrictEqual(found, after))
      return `has a change of ${path} to ${show(after)}, but its data has ${show(found)}`
    if (op === 'add') delete parent[name]
    else parent[name] = before
  }
  return state
}

/** @param {string} pointer */
const segmentsOf = (pointer) =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

/** @param {any} value */
export function show(value) {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
