import { stat } from 'node:fs/promises'
import { relative } from 'node:path'
import { ROOT } from '../stack/home.mjs'

/**
 * The test files that take longest, longest first. A long file that begins when all others have ended adds its whole duration to the
 * run. A file that is missing in this list still runs, but begins later. Measured on two cores.
 */
const LONGEST = [
  'test/simulation/simulation.spec.ts',
  'libs/core/src/capture/fold/transaction-folder.odd-values.spec.ts',
  'libs/core/src/capture/fold/deferred-keys.spec.ts',
  'libs/core/src/capture/fold/transaction-folder.bounded-work.spec.ts',
  'test/faults/outages.spec.ts',
  'test/integration/dispatcher/crash.spec.ts',
  'test/integration/router/takeover.spec.ts',
  'test/integration/event-producer/restart.spec.ts',
  'test/integration/event-producer/catalogue.spec.ts',
  'test/e2e/demo.spec.ts',
  'test/e2e/demo-kill.spec.ts',
  'test/e2e/launcher.spec.ts',
  'test/integration/event-producer/sources.spec.ts',
  'test/integration/event-producer/second-process.spec.ts',
  'test/integration/event-producer/tables-and-types.spec.ts',
  'test/integration/event-producer/changed-under-way.spec.ts',
  'test/integration/event-producer/log-history.spec.ts',
  'test/integration/event-producer/columns.spec.ts',
  'test/integration/replication/not-in-the-log.spec.ts',
  'test/integration/recorder/outages.spec.ts',
  'test/integration/event-producer/configuration.spec.ts',
  'test/integration/event-producer/large-transaction.spec.ts',
  'test/integration/event-producer/server.spec.ts',
  'test/integration/event-producer/half-published.spec.ts',
]

/**
 * A jest sequencer: the files of `LONGEST` first, then the others by size. It needs no timings of an earlier run, which a fresh clone does
 * not have.
 */
export default class LongestFirst {
  /**
   * @template {{ path: string }} T
   * @param {readonly T[]} tests
   * @returns {Promise<T[]>}
   */
  async sort(tests) {
    const ranked = await Promise.all(
      tests.map(async (test) => ({ test, rank: rankOf(test.path), bytes: (await stat(test.path)).size })),
    )
    return ranked.sort((a, b) => a.rank - b.rank || b.bytes - a.bytes).map(({ test }) => test)
  }

  /** Required by jest; nothing is stored. */
  cacheResults() {}
}

/** @param {string} path */
function rankOf(path) {
  const at = LONGEST.indexOf(relative(ROOT, path))
  return at < 0 ? LONGEST.length : at
}
