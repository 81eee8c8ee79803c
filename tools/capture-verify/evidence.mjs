import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Judge } from './judge/judge.mjs'
import { sabotage } from './sabotage.mjs'

/**
 * What a run leaves in its folder, and all that the judge reads: `run.json` (tables, processes, capture files, rows at the beginning and at the
 * end), `history.ndjson` (the log by the judge's own slot), `records.ndjson` (the topic). A folder can be judged again at any time.
 *
 * @typedef {import('./judge/judge.mjs').RunRecord & { seed: number, minutes: number, stuck: string[], kills: number, changes: Record<string, number> }} Run
 */

/** @param {string} dir @param {Run} run */
export async function saveRun(dir, run) {
  await writeFile(join(dir, 'run.json'), JSON.stringify(run))
}

/** @param {string} dir @param {'lose' | 'invent' | 'leak' | null} how - Breaks the record first. */
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
