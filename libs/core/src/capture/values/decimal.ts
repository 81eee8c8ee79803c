const LITERAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/**
 * One spelling per decimal value: `1.10`, `11e-1` and `1.1` are `11e-1`, every zero is `0`. Null for text that is no decimal
 * literal. Works on the digits, so it is exact at any length.
 */
export function canonicalDecimal(literal: string): string | null {
  const match = LITERAL.exec(literal)
  if (!match) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return null
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  // Exponents are as long as somebody cares to write them: BigInt holds them all.
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign === '-' ? '-' : ''}${significant}e${power.toString()}`
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
