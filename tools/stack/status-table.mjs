/**
 * The max length of a line, because most terminals are at least this wide. Longer lines are cut, but `wrap` has already broken the texts
 * of services into shorter lines.
 */
const WIDTH = 99

const HEADLINES = /** @type {Record<import('./status-report.mjs').State, string>} */ ({
  running: 'Hooklane is running: every service is ready.',
  impaired: 'Hooklane is running, but not every service is ready.',
  starting: 'Hooklane is starting or stopping.',
  abandoned: 'The launcher has ended, but processes that it started are still running.',
  stopped: 'Hooklane is not running.',
})

/**
 * The report for a person at a terminal.
 *
 * @param {import('./status-report.mjs').StatusReport} report
 * @param {Date} now
 * @returns {string}
 */
export function renderStatus(report, now) {
  const blocks = [heading(report, now), ...bodyOf(report, now)]
  return `${blocks.map((lines) => lines.map(cut).join('\n')).join('\n\n')}\n`
}

/**
 * @param {import('./status-report.mjs').StatusReport} report
 * @param {Date} now
 * @returns {string[]}
 */
function heading({ state, home, launcherPid, since, apiUrl, databaseUrl, kafkaBrokers, serversFrom }, now) {
  const facts = [
    ['Home', home],
    [
      'Launcher',
      launcherPid === null ? '' : `pid ${launcherPid}${since === null ? '' : `, ready for ${age(since, now)}`}`,
    ],
    ['API', apiUrl === null ? '' : `${apiUrl}/v1   docs ${apiUrl}/docs`],
    ['Database', databaseUrl ?? ''],
    ['Kafka', kafkaBrokers.join(',')],
    ['Servers', serversFrom === null ? '' : ORIGINS[serversFrom]],
  ]
  return [HEADLINES[state], ...facts.filter(([, value]) => value).map(([key, value]) => `  ${key?.padEnd(9)} ${value}`)]
}

const ORIGINS = {
  embedded: 'run by the launcher',
  docker: 'Docker Compose containers',
  environment: 'named by DATABASE_URL and KAFKA_BROKERS',
}

/**
 * @param {import('./status-report.mjs').StatusReport} report
 * @param {Date} now
 * @returns {string[][]}
 */
function bodyOf({ state, services, servers, lag, skipped, leftovers }, now) {
  if (state === 'stopped') return [['Start it with npm start, or in the background with npm start -- --detach.']]
  if (state === 'starting')
    return [['Try again in a few seconds. The launcher prints to its terminal or to logs/launcher.log.']]
  if (state === 'abandoned') {
    const rows = leftovers.map(({ name, pid }) => [name, String(pid)])
    return [
      table(['LEFT RUNNING', 'PID'], rows),
      ['npm stop ends them. npm start ends them, too, and continues with the existing data.'],
    ]
  }
  const serviceRows = services.map(({ instance, state: serviceState, pid, since, healthUrl }) => [
    instance,
    serviceState,
    String(pid),
    since === null ? '–' : age(since, now),
    new URL(healthUrl).host,
  ])
  const serverRows = servers.map(({ name, pid, since }) => [name, 'running', String(pid), age(since, now), ''])
  const lagRows = lag.map((row) => [row.reader, row.of, amount(row), remark(row)])
  const waiting = services.flatMap(({ instance, state: serviceState, waitsFor, log }) => {
    const texts = serviceState === 'silent' ? ['does not answer'] : waitsFor.map((text) => `waits for ${text}`)
    return texts.length === 0 ? [] : [...texts.flatMap((text) => wrap(`${instance} ${text}`)), `  log ${log}`]
  })
  return [
    table(['PROCESS', 'STATE', 'PID', 'FOR', 'HEALTH AND METRICS'], [...serverRows, ...serviceRows]),
    ...(lagRows.length > 0 ? [table(['READER', 'READS', 'BEHIND', ''], lagRows)] : []),
    ...skippedBlock(skipped, now),
    ...(waiting.length > 0 ? [waiting] : []),
  ]
}

/** The max number of rows of skipped input. More rows would push the list of what services wait for off the screen; `--json` shows all. */
const MAX_SKIPPED = 10
/** The max widths of two columns with texts from outside: the table must fit the terminal. The last column gets the remaining width. */
const MAX_ORIGIN = 36
const MAX_REASON = 20

/**
 * @param {readonly import('./skips.mjs').Skipped[]} skipped
 * @param {Date} now
 * @returns {string[][]}
 */
function skippedBlock(skipped, now) {
  if (skipped.length === 0) return []
  const rows = skipped.slice(0, MAX_SKIPPED).map(({ by, from, what, reason, count, lastKey, lastAt }) => {
    const origin = what === null ? (from ?? 'others') : `${from} ${what}`
    const last = [lastAt === null ? '' : `${age(lastAt, now)} ago`, lastKey === null ? '' : printable(lastKey)]
    const lastText = last.filter((text) => text !== '').join(': ')
    return [by, cell(origin, MAX_ORIGIN), cell(reason ?? '', MAX_REASON), String(count), lastText]
  })
  const more = skipped.length - rows.length
  const rest = more === 0 ? [] : [`and ${more} more: npm run status -- --json`]
  return [[...table(['SKIPPED BY', 'FROM', 'REASON', 'COUNT', 'LAST'], rows), ...rest]]
}

/**
 * @param {string} text
 * @param {number} max
 */
const cell = (text, max) => (text.length <= max ? printable(text) : `${printable(text).slice(0, max - 1)}…`)

/** Texts from outside may contain control sequences, which a terminal would execute. */
const printable = (/** @type {string} */ text) => text.replace(/\p{C}/gu, '·')

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @returns {string[]}
 */
function table(head, rows) {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** @param {import('./lag.mjs').Lag} lag */
const amount = ({ lag, unit }) => (unit === 'bytes' ? bytes(lag) : `${lag} ${lag === 1 ? 'record' : 'records'}`)

/** @param {import('./lag.mjs').Lag} lag */
function remark({ safeBytes, parkedLanes = 0, oldestSeconds = 0 }) {
  if (safeBytes !== undefined) return `Postgres invalidates the slot after ${bytes(safeBytes)} more of WAL`
  if (parkedLanes === 0) return ''
  return `${parkedLanes} failing ${parkedLanes === 1 ? 'app' : 'apps'}; oldest pending delivery: ${duration(oldestSeconds)}`
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** @param {number} count */
function bytes(count) {
  const step = Math.min(UNITS.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10))
  return `${(count / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step]}`
}

/**
 * @param {string} since
 * @param {Date} now
 */
const age = (since, now) => duration((now.getTime() - Date.parse(since)) / 1000)

/** @param {number} seconds - Printed in its two largest units. */
function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = /** @type {const} */ ([
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ])
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** @param {string} line */
const cut = (line) => (line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 1)}…`)

/**
 * Wraps a text of a service instead of cutting it, because the text may contain a statement that the reader has to run.
 *
 * @param {string} text
 * @returns {string[]}
 */
function wrap(text) {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + 1 + word.length > WIDTH) lines.push(`  ${word}`)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}
