/**
 * Makes values for the columns of the PIM. They include every kind of value that the log prints in its own way, and texts that are hard to
 * quote.
 *
 * @typedef {import('../chance.mjs').Chance} Chance
 * @typedef {{ companies: readonly string[], token: string }} World - `token`: a part of every value that must not leave the event-producer.
 * @typedef {(chance: Chance, world: World) => unknown} Maker - Makes a value in the form that the Postgres driver takes.
 */

const TEXTS = [
  'Lampe',
  'chaise',
  'мебель',
  '灯',
  "o'clock",
  'tab\there',
  'new\nline',
  '"quoted"',
  'back\\slash',
  '',
  ' padded ',
  '{a,b}',
]

/** @param {Maker} maker @returns {Maker} */
export const nullable = (maker) => (chance, world) => (chance.isBelow(0.1) ? null : maker(chance, world))

/** Sometimes null: a row without a company must give no event. @type {Maker} */
export const company = (chance, { companies }) => (chance.isBelow(0.02) ? null : chance.pick(companies))

/** @type {Maker} */
export const words = (chance) => `${chance.pick(TEXTS)} ${chance.between(1, 1_000_000)}`

/** @type {Maker} */
export const count = (chance) => chance.between(-1000, 1_000_000)

/** @type {Maker} */
export const amount = (chance) => (chance.next() * 10 ** chance.between(-2, 6)).toFixed(chance.between(0, 4))

/** @type {Maker} */
export const flag = (chance) => chance.isBelow(0.5)

/** @type {Maker} */
export const day = (chance) => `20${chance.between(10, 40)}-${two(chance, 1, 12)}-${two(chance, 1, 28)}`

/** @param {Chance} chance */
const time = (chance) => `${two(chance, 0, 23)}:${two(chance, 0, 59)}:${two(chance, 0, 59)}`

/** @type {Maker} */
export const moment = (chance, world) => `${day(chance, world)} ${time(chance)}.${chance.between(0, 999_999)}+00`

/** @type {Maker} */
export const span = (chance) => `${chance.between(-3, 40)} days ${time(chance)}`

/** @type {Maker} */
export const bytes = (chance) => Buffer.from([0, chance.between(0, 255), 39, 92, chance.between(0, 255)])

/** @type {Maker} */
export const ratio = (chance) => chance.next() * 10 ** chance.between(-12, 12)

/** @type {Maker} */
export const texts = (chance, world) =>
  Array.from({ length: chance.between(0, 4) }, () => nullable(words)(chance, world))

/** @type {Maker} */
export const json = (chance) =>
  JSON.stringify({
    de: chance.pick(TEXTS),
    en: `Lamp ${chance.between(1, 9999)}`,
    size: chance.isBelow(0.5)
      ? { w: chance.between(1, 99), h: chance.between(1, 99), 'a/b~c': flag(chance, NOWHERE) }
      : null,
    list: Array.from({ length: chance.between(0, 3) }, () => chance.between(0, 9)),
    ...(chance.isBelow(0.5) ? { 12: 'numeric name' } : {}),
  })

/** Long enough to be stored out of line, and hard to compress. @type {Maker} */
export const long = (chance) => Array.from({ length: chance.between(150, 500) }, () => String(chance.next())).join('')

/** A value that must never leave the event-producer. @type {Maker} */
export const secret = (chance, { token }) => `${token}-${chance.between(1, 1_000_000_000)}`

/** @type {Maker} */
export const kind = (chance) => chance.pick(['sellable', 'sellable', 'sellable', 'draft'])

/** @type {Maker} */
export const deletion = (chance, world) => (chance.isBelow(0.8) ? null : moment(chance, world))

const NOWHERE = { companies: [], token: '' }

/** @param {Chance} chance @param {number} min @param {number} max */
const two = (chance, min, max) => String(chance.between(min, max)).padStart(2, '0')
