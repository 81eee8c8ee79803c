import './require-node.mjs'
import { parseArgs } from 'node:util'
import { openHome } from './home.mjs'
import { parseOrExplain, runMain } from './run-main.mjs'
import { reportStatus } from './status-report.mjs'
import { renderStatus } from './status-table.mjs'

const USAGE = `Usage: npm run status -- [--json]

Shows the system in HOOKLANE_HOME (.hooklane): its processes, how long they have been running and their addresses;
whether each service is ready and, if not, what it waits for; how far each reader (replication slot, router, dispatcher,
recorder) is behind; which input each process has skipped since it started.

  --json   one JSON object instead of tables; its "state" is running, impaired, starting, abandoned or stopped
  --help   this text

Exit code: 0 every service is ready, 1 impaired or abandoned, 2 wrong arguments, 3 stopped, 4 starting or stopping.
`

const EXIT_CODES = /** @type {Record<import('./status-report.mjs').State, number>} */ ({
  running: 0,
  impaired: 1,
  abandoned: 1,
  stopped: 3,
  starting: 4,
})

async function main() {
  const options = /** @type {const} */ ({
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  })
  const parsed = parseOrExplain(() => parseArgs({ options }), USAGE)
  if (parsed === null) return
  if (parsed.values.help) {
    process.stdout.write(USAGE)
    return
  }
  const report = await reportStatus(openHome())
  process.stdout.write(parsed.values.json ? `${JSON.stringify(report, null, 2)}\n` : renderStatus(report, new Date()))
  process.exitCode = EXIT_CODES[report.state]
}

await runMain(main)
