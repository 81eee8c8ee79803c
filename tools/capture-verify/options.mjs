import { parseArgs } from 'node:util'
import { KINDS } from './nemesis/nemesis.mjs'

/** Kinds of row changes. `--without` takes them, in addition to the kinds of hostile changes. */
const LOADS = ['deferredKeys']

const SABOTAGES = /** @type {const} */ (['lose', 'invent', 'leak'])

export const USAGE = `npm run capture:verify -- [--seed N] [--minutes M] [--without KIND,…] [--only KIND,…] [--keep] [--json]
npm run capture:verify -- --judge FOLDER [--sabotage lose|invent|leak]

  --seed N          repeats the random choices of an earlier run (but not their timing)
  --minutes M       how long changes are made (default 3)
  --without KIND,…  leaves these kinds of changes out
  --only KIND,…     makes only these kinds of hostile changes
  --keep            keeps the evidence of the run even when no violation was found
  --judge FOLDER    judges the evidence of an earlier run again
  --sabotage HOW    falsifies the recorded topic before it is judged, to test the judge
  --json            prints only the closing JSON line on standard output

Kinds: ${[...KINDS, ...LOADS].join(' ')}`

/**
 * @typedef {object} Options
 * @property {number} seed
 * @property {number} minutes
 * @property {Set<string>} without
 * @property {boolean} keep
 * @property {boolean} json
 * @property {string | null} judge
 * @property {'lose' | 'invent' | 'leak' | null} sabotage
 */

/** @param {readonly string[]} args @returns {Options | 'help'} @throws {Error} whose message says what is wrong with the arguments */
export function readOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1e9)) },
      minutes: { type: 'string', default: '3' },
      without: { type: 'string', default: '' },
      only: { type: 'string' },
      keep: { type: 'boolean', default: false },
      judge: { type: 'string' },
      sabotage: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const sabotage = SABOTAGES.find((how) => how === values.sabotage) ?? null
  if (values.sabotage !== undefined && sabotage === null) throw new Error(`--sabotage takes ${SABOTAGES.join(', ')}`)
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 720)) throw new Error('--minutes takes a number up to 720')
  const seed = Number(values.seed)
  if (!Number.isInteger(seed) || seed < 1 || seed > 4_294_967_295)
    throw new Error('--seed takes a whole number from 1 to 4294967295')
  const only = values.only === undefined ? null : kindsOf(values.only)
  const without = new Set([
    ...kindsOf(values.without),
    ...(only === null ? [] : KINDS.filter((kind) => !only.includes(kind))),
  ])
  return { seed, minutes, without, sabotage, keep: values.keep, json: values.json, judge: values.judge ?? null }
}

/** @param {string} text @returns {string[]} */
function kindsOf(text) {
  const kinds = text.split(',').filter((kind) => kind !== '')
  const unknown = kinds.filter((kind) => ![...KINDS, ...LOADS].includes(kind))
  if (unknown.length > 0) throw new Error(`there is no kind ${unknown.join(', ')}`)
  return kinds
}
