const LITERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/**
 * One spelling per decimal value: `1.10`, `11e-1` and `1.1` are `11e-1`, every zero is `0`. Null for text that is no decimal
 * literal. Works on the digits, so it is exact at any length, in time that grows with the length and no faster.
 */
export function canonicalDecimal(literal: string): string | null {
  const match = LITERAL.exec(literal)
  if (!match) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return null
  const digits = withoutLeadingZeros(whole + fraction)
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return '0'
  const power = plus(exponent, digits.length - significant.length - fraction.length)
  return `${sign === '-' ? '-' : ''}${significant}e${power}`
}

const withoutLeadingZeros = (digits: string): string => digits.replace(/^0+/, '')

/** Without a pattern: one that ends with `0+$` starts over at every zero, which takes quadratic time. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}

/** Digits that a JavaScript number holds exactly, with room for the sum of two. */
const CHUNK_DIGITS = 15
const CHUNK = 10 ** CHUNK_DIGITS

/**
 * The sum of an integer of any length and a number below 10^15. Not BigInt: reading and printing
 * it takes more than linear time.
 */
function plus(integer: string, addend: number): string {
  const sign = integer.startsWith('-') ? -1 : 1
  const digits = withoutLeadingZeros(integer.replace(/^[+-]/, ''))
  if (digits.length <= CHUNK_DIGITS) return String(sign * Number(digits) + addend)
  // Longer than the addend, so the sign stays, and all digits but the last ones change by a carry at most.
  const tail = Number(digits.slice(-CHUNK_DIGITS)) + sign * addend
  const carry = tail < 0 ? -1 : tail >= CHUNK ? 1 : 0
  const head = carried(digits.slice(0, -CHUNK_DIGITS), carry)
  const sum = withoutLeadingZeros(head + String(tail - carry * CHUNK).padStart(CHUNK_DIGITS, '0'))
  return sign < 0 ? `-${sum}` : sum
}

/** Adds −1, 0 or 1 to digits of a number above 0. */
function carried(digits: string, carry: -1 | 0 | 1): string {
  if (carry === 0) return digits
  const [full, empty] = carry === 1 ? ['9', '0'] : ['0', '9']
  let at = digits.length - 1
  while (at >= 0 && digits[at] === full) at--
  const changed = at < 0 ? '1' : String(Number(digits[at]) + carry)
  return digits.slice(0, Math.max(at, 0)) + changed + empty.repeat(digits.length - 1 - at)
}

/**
 * The number that a literal stands for, if a double gives it back: the shortest text that JavaScript prints for the double must
 * have exactly the literal's decimal value (`0.1`, `1.10`, `1e21` do; `12345678901234567890`, `0.1000000000000000055` and `1e400`
 * do not). Null otherwise. A negative zero is zero: JSON has no use for the difference.
 */
export function exactNumber(literal: string): number | null {
  const value = Number(literal)
  if (value === 0) return canonicalDecimal(literal) === '0' ? 0 : null
  if (!Number.isFinite(value)) return null
  if (literal.length <= 15 && !/[eE]/.test(literal)) return value
  return canonicalDecimal(String(value)) === canonicalDecimal(literal) ? value : null
}
