import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Judge } from './judge/judge.mjs'
import { sabotage } from './sabotage.mjs'

/**
 * The evidence of a run, which is all that the judge reads. A folder with these files can be judged again at any time:
 * - `run.json`: tables, processes, capture files, rows at the beginning and at the end.
 * - `history.ndjson`: the WAL, as read from the judge's own replication slot.
 * - `records.ndjson`: the records of the topic.
 *
 * @typedef {import('./judge/judge.mjs').RunRecord & { seed: number, minutes: number, stuck: string[], kills: number, changes: Record<string, number> }} Run
 */

/** @param {string} dir @param {Run} run */
export async function saveRun(dir, run) {
  await writeFile(join(dir, 'run.json'), JSON.stringify(run))
}

/** @param {string} dir @param {'lose' | 'invent' | 'leak' | null} how - How to falsify the records first; null: not at all. */
export async function judgeFolder(dir, how) {
  const run = /** @type {Run} */ (JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')))
  const read = /** @type {import('./judge/records.mjs').TopicRecord[]} */ (await linesOf(join(dir, 'records.ndjson')))
  const records = how === null ? read : sabotage(read, how, run.token)
  const history = /** @type {import('./judge/transactions.mjs').HistoryLine[]} */ (
    await linesOf(join(dir, 'history.ndjson'))
  )
  return { run, ...new Judge(run, records).judge(history) }
}

/** @param {string} path @returns {Promise<any[]>} */
async function linesOf(path) {
  const values = []
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    values.push(JSON.parse(line))
  return values
}
