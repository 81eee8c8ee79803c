export const instantOf = (at: Date): string => at.toISOString()
export const maybeInstantOf = (at: Date | null): string | null => at?.toISOString() ?? null

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?(?:Z|[+-](\d\d):(\d\d))$/
/** Offsets of time zones reach from −12:00 to +14:00. */
const MAX_OFFSET_HOURS = 14

/**
 * Whether a text is an RFC 3339 instant that exists. No other code checks the text before PostgreSQL reads it, and PostgreSQL would fail
 * with 30 February, hour 24 on some days, the year 0, or an offset of 99 hours.
 */
export function isInstant(text: string): boolean {
  const match = FORM.exec(text)
  if (!match) return false
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  const isDay = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  const isTime = part(4) <= 23 && part(5) <= 59 && part(6) <= 59
  return isDay && isTime && part(7) <= MAX_OFFSET_HOURS && part(8) <= 59
}

/** @param month 1 to 12 */
function daysIn(year: number, month: number): number {
  const lastDay = new Date(0)
  // Months count from 0 here, and day 0 is the last day of the month before. Unlike `Date.UTC`, this call takes years below 100 as given.
  lastDay.setUTCFullYear(year, month, 0)
  return lastDay.getUTCDate()
}
