/** @typedef {import('./bench.mjs').Scenario} Scenario */

/**
 * The cost of the whole path: every process between the captured database and the receiver, servers included.
 *
 * @param {Scenario} scenario
 */
export const wholePath = ({ cpu }) => Object.values(cpu).reduce((sum, value) => sum + value, 0)

/**
 * The share of CPU time that other processes may use without a warning in the report. Above it, batches shrink and other processes use the
 * CPU's caches, too. Therefore all figures grow, and the product's figures grow more than the raw sender's.
 */
const DISTURBED = 0.1
const percent = (/** @type {number} */ share) => `${Math.round(share * 100)} %`
const round = (/** @type {number} */ value, digits = 4) => Number(value.toFixed(digits))

/** @param {Scenario} scenario @returns {string} */
export function describe(scenario) {
  const { apps, fanOut, deliveries, bodyBytes, perSecond, cpu, aside, raw, disturbance } = scenario
  const row = (/** @type {string} */ name, /** @type {number} */ value, isCompared = true) =>
    `  ${name.padEnd(22)}${value.toFixed(4).padStart(10)}${isCompared ? (value / raw.cpu).toFixed(2).padStart(10) : ''}`
  return [
    `${apps} apps, ${fanOut} per change; ${deliveries} deliveries of ${bodyBytes} bytes, ${Math.round(perSecond)} per second`,
    `  ${'CPU-seconds per 1,000'.padEnd(22)}${''.padStart(10)}${'× raw'.padStart(10)}`,
    ...Object.entries(cpu).map(([name, value]) => row(name, value)),
    row('whole path', wholePath(scenario)),
    row('raw undici sender', raw.cpu),
    '  not counted:',
    ...Object.entries(aside).map(([name, value]) => row(name, value, false)),
    `  the raw sender made ${Math.round(raw.perSecond)} requests per second`,
    `  other processes used ${percent(disturbance)} of all CPU time meanwhile${disturbance > DISTURBED ? ': on a quiet machine the figures are lower' : ''}`,
  ].join('\n')
}

/** @param {Scenario} scenario */
export const summary = (scenario) => ({
  apps: scenario.apps,
  fanOut: scenario.fanOut,
  deliveries: scenario.deliveries,
  bodyBytes: scenario.bodyBytes,
  perSecond: Math.round(scenario.perSecond),
  cpuSecondsPer1000: Object.fromEntries(
    [...Object.entries(scenario.cpu), ['wholePath', wholePath(scenario)], ['raw', scenario.raw.cpu]].map(
      ([name, value]) => [name, round(Number(value))],
    ),
  ),
  notCounted: Object.fromEntries(Object.entries(scenario.aside).map(([name, value]) => [name, round(value)])),
  rawPerSecond: Math.round(scenario.raw.perSecond),
  disturbance: round(scenario.disturbance, 2),
  ratios: {
    dispatcher: round((scenario.cpu['dispatcher'] ?? 0) / scenario.raw.cpu, 2),
    wholePath: round(wholePath(scenario) / scenario.raw.cpu, 2),
  },
})
