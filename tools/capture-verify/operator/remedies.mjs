import { addColumn, renameColumn } from '../nemesis/columns.mjs'

/**
 * Does what an operator would do about a refusal: exactly what the message instructs. If the message offers a choice, chooses at random. A
 * refusal is the message in which the event-producer says why it does not read a source.
 *
 * @typedef {import('../nemesis/site.mjs').Site} Site
 * @typedef {{ text: string, needsRestart: boolean, isStuck?: boolean }} Done
 */

const STATEMENTS = /Run as an owner or administrator:\n([\s\S]+)$/
const ACCEPT = /write `accept: \[([^\]]+)\]`/
const RAISE = /raise the source's epoch in the capture file to (\d+)/
const WRITE_EPOCH = /write (\d+) to go on where it was, or (\d+) to start over/
const NO_COLUMN = /the table public\.(\w+) has no column ([\w ,.:;?()/-]+?); it has/g

/**
 * @param {string} refusal - `CODE: message`, in the event-producer's words.
 * @param {Site} site
 * @returns {Promise<Done | null>} null: the message instructs nothing, so the operator waits
 */
export async function follow(refusal, site) {
  const { file } = site.world
  const accept = ACCEPT.exec(refusal)?.[1]
  const epoch = RAISE.exec(refusal)?.[1]
  if (accept !== undefined && (epoch === undefined || site.chance.isBelow(0.7))) {
    file.accept = accept.split(',').map((id) => id.trim())
    return { text: `wrote accept: [${accept}]`, needsRestart: true }
  }
  if (epoch !== undefined) {
    file.epoch = Number(epoch)
    return { text: `raised the epoch to ${epoch}`, needsRestart: true }
  }
  const written = WRITE_EPOCH.exec(refusal)
  if (written) {
    file.epoch = Number(site.chance.pick([written[1], written[2]]))
    return { text: `wrote epoch ${file.epoch}`, needsRestart: true }
  }
  const statements = STATEMENTS.exec(refusal)?.[1]
  if (refusal.startsWith('COLUMN_MISSING')) return correctColumns(refusal, site)
  if (statements !== undefined) return runStatements(statements, site)
  return /restart the\s+event-producer/.test(refusal)
    ? { text: 'the message asks only for a restart', needsRestart: true }
    : null
}

/** @param {string} text @param {Site} site @returns {Promise<Done>} */
async function runStatements(text, { client }) {
  const statements = text.split('\n').filter((line) => line.trim() !== '')
  for (const statement of statements) await client.query(statement).catch(() => undefined)
  return { text: `ran ${statements.join(' ')}`, needsRestart: false }
}

/**
 * Either corrects the capture file, or brings the missing columns back.
 *
 * @param {string} refusal
 * @param {Site} site
 * @returns {Promise<Done | null>}
 */
async function correctColumns(refusal, site) {
  const missing = [...refusal.matchAll(NO_COLUMN)].flatMap(([, table = '', names = '']) =>
    names.split(/, (?![^(]*\))/).map((name) => ({ table, column: name.replace(/ \(.*/, '').trim() })),
  )
  if (missing.length === 0) return null
  const isFileCorrected = site.chance.isBelow(0.6)
  const done = []
  for (const { table, column } of missing)
    done.push(isFileCorrected ? correctFile(site, table, column) : await bringBack(site, table, column))
  return { text: done.join('; '), needsRestart: isFileCorrected }
}

/** @param {Site} site @param {string} table @param {string} column */
function correctFile({ world, shapes }, table, column) {
  const now = shapes.nameNow(table, column)
  world.file.correct(table, column, now)
  return now === null ? `removed ${table}.${column} from the file` : `renamed ${table}.${column} to ${now} in the file`
}

/** @param {Site} site @param {string} table @param {string} column */
async function bringBack(site, table, column) {
  const { shapes } = site
  const origin = shapes.originOf(table, column)
  const live = shapes.column(table, origin)
  const done = live
    ? await renameColumn(site, table, live, column)
    : await addColumn(site, table, { ...shapes.original(table, origin), name: column }, '')
  return done ?? `${table}.${column} could not be brought back`
}
