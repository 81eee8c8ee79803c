import { offsetOf, type WallClock } from './time-zone.js'

const TIMESTAMP =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d{1,6})?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/

/** A `timestamp` or `timestamptz` as Postgres prints it under `DateStyle = ISO`, in its parts. */
interface TimestampText extends WallClock {
  /** The fraction of the second as printed, with its dot; empty if there is none. */
  readonly fraction: string
  /** Seconds east of UTC; null without a zone. */
  readonly offsetSeconds: number | null
}

/**
 * `timestamptz` as ISO 8601 in UTC with the digits of the fraction that Postgres printed (up to six): `2026-03-02T08:15:04.211Z`. Years
 * beyond 9999 and before 1 are written with sign and six digits (`-000043` is 44 BC). Any other text is returned unchanged: `infinity`,
 * `-infinity`, and timestamps outside the range of JavaScript's dates.
 */
export function decodeTimestamptz(text: string): string {
  const parts = parse(text)
  const offsetSeconds = parts?.offsetSeconds ?? null
  return parts && offsetSeconds !== null ? (toUtcText(parts, offsetSeconds) ?? text) : text
}

/**
 * `timestamp` as ISO 8601 in UTC, read as wall-clock time of `timezone` (see `offsetOf` for hours that a change of the clock skips or
 * repeats). Everything else is as in `decodeTimestamptz`.
 */
export function decodeTimestamp(text: string, timezone: string): string {
  const parts = parse(text)
  if (parts?.offsetSeconds !== null) return text
  const offsetSeconds = offsetOf(parts, timezone)
  return offsetSeconds === null ? text : (toUtcText(parts, offsetSeconds) ?? text)
}

function parse(text: string): TimestampText | null {
  const match = TIMESTAMP.exec(text)
  if (!match) return null
  const [, year, month, day, hour, minute, second, fraction, sign, hours, minutes, seconds, bc] = match
  const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return {
    year: bc === undefined ? Number(year) : 1 - Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    fraction: fraction ?? '',
    offsetSeconds: sign === undefined ? null : sign === '-' ? -offset : offset,
  }
}

function toUtcText(parts: TimestampText, offsetSeconds: number): string | null {
  const date = new Date(0)
  // Not `Date.UTC`, because it reads years below 100 as years of the twentieth century.
  date.setUTCFullYear(parts.year, parts.month - 1, parts.day)
  date.setUTCHours(parts.hour, parts.minute, parts.second - offsetSeconds)
  return Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, -5)}${parts.fraction}Z`
}
