#!/usr/bin/env node
/**
 * `npm run capture:verify`: lets a real event-producer capture a PIM under load, and makes hostile changes to that PIM. A judge that shares
 * no code with the event-producer then checks the published events. `--help` explains the options.
 */
import '../stack/require-node.mjs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { install } from '../stack/build.mjs'
import { openHome } from '../stack/home.mjs'
import { startInfrastructure } from '../stack/index.mjs'
import { parseOrExplain, runMain } from '../stack/run-main.mjs'
import { readOptions, USAGE } from './options.mjs'

/** @param {import('./options.mjs').Options} options @param {(text: string) => void} say */
async function makeRun(options, say) {
  const { verify } = await import('./verify.mjs')
  const { dir: base, cacheDir } = openHome()
  const home = join(base, 'capture-verify')
  const dir = join(home, `run-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${options.seed}`)
  await mkdir(dir, { recursive: true })
  const abort = new AbortController()
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.once(signal, () => abort.abort(new Error('interrupted')))
  const { serverUrl, kafkaBrokers, stop } = await startInfrastructure({
    home: join(home, 'servers'),
    cacheDir,
    fresh: true,
    onProgress: (step, text) => say(`  ${step}: ${text}`),
    signal: abort.signal,
  })
  try {
    say(`seed ${options.seed}, ${options.minutes} minutes`)
    const done = await verify({ ...options, serverUrl, brokers: kafkaBrokers, dir, say, signal: abort.signal })
    const isFine = await report(dir, options, say)
    if (!isFine) for (const line of done.recent) say(`  ${line}`)
    if (isFine && !options.keep) await rm(dir, { recursive: true })
    else say(`The evidence of the run is in ${dir}. Judge it again with --judge ${dir}.`)
    if (isFine) await done.remove()
    return isFine
  } finally {
    await stop()
  }
}

/** @param {string} dir @param {import('./options.mjs').Options} options @param {(text: string) => void} say */
async function report(dir, { sabotage }, say) {
  const { judgeFolder } = await import('./evidence.mjs')
  const { describeFinding, isClean, summaryOf } = await import('./report.mjs')
  const judged = await judgeFolder(dir, sabotage)
  for (const text of judged.run.stuck) say(`stuck: ${text}`)
  for (const finding of judged.examples) say(describeFinding(finding))
  console.log(JSON.stringify(summaryOf(judged, sabotage)))
  return isClean(judged)
}

await runMain(async () => {
  const options = parseOrExplain(() => readOptions(process.argv.slice(2)), `${USAGE}\n`)
  if (options === null) return
  if (options === 'help') return console.log(USAGE)
  const say = (/** @type {string} */ text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`)
  await install({ onProgress: say })
  const isFine = options.judge === null ? await makeRun(options, say) : await report(options.judge, options, say)
  if (!isFine) process.exitCode = 1
})
