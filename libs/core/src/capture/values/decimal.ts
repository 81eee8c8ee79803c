const LITERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/**
 * Returns one spelling for each decimal value: `11e-1` for `1.10`, `11e-1` and `1.1`, and `0` for every zero. Null for text that is no
 * decimal literal. Works on the digits, so it is exact at any length and takes linear time.
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

/** Does not use a regular expression: one that ends with `0+$` starts over at every zero, which takes quadratic time. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--
  return digits.slice(0, end)
}

/** Digits that a JavaScript number holds exactly, with room for the sum of two. */
const CHUNK_DIGITS = 15
const CHUNK = 10 ** CHUNK_DIGITS

/**
 * The sum of an integer of any length and a number below 10^15. BigInt is not used, because reading and printing a BigInt takes more than
 * linear time.
 */
function plus(integer: string, addend: number): string {
  const sign = integer.startsWith('-') ? -1 : 1
  const digits = withoutLeadingZeros(integer.replace(/^[+-]/, ''))
  if (digits.length <= CHUNK_DIGITS) return String(sign * Number(digits) + addend)
  // The integer is longer than the addend, so its sign stays, and only a carry can change the digits before the last 15.
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
 * Returns a literal as a number if no digit is lost: the shortest text that JavaScript prints for the double must have exactly the
 * literal's decimal value. That holds for `0.1`, `1.10` and `1e21`, but not for `12345678901234567890`, `0.1000000000000000055` and
 * `1e400`. Otherwise returns null. A negative zero becomes zero, because JSON has no use for the difference.
 */
export function exactNumber(literal: string): number | null {
  const value = Number(literal)
  if (value === 0) return canonicalDecimal(literal) === '0' ? 0 : null
  if (!Number.isFinite(value)) return null
  if (literal.length <= 15 && !/[eE]/.test(literal)) return value
  return canonicalDecimal(String(value)) === canonicalDecimal(literal) ? value : null
}
