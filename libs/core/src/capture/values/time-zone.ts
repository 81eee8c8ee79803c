/** Local time as a clock shows it: which instant that is depends on the zone. */
export interface WallClock {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Whether the platform knows the zone: an IANA name such as `Europe/Oslo`, or `UTC`. */
export function isTimezone(timezone: string): boolean {
  try {
    formatOf(timezone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/**
 * The offset of a zone, in seconds east of UTC, when its clocks show `wall`. As in Postgres, a time that the clocks skip in spring is read
 * with the offset before the change (02:30 becomes 03:30). A time that they show twice in autumn is read with the offset after the change
 * (the second 02:30). Null for years outside the range of JavaScript's dates.
 */
export function offsetOf(wall: WallClock, timezone: string): number | null {
  if (timezone === 'UTC') return 0
  const date = new Date(0)
  date.setUTCFullYear(wall.year, wall.month - 1, wall.day)
  date.setUTCHours(wall.hour, wall.minute, wall.second)
  const wallMs = date.getTime()
  const before = offsetAt(wallMs - DAY_MS, timezone)
  const after = offsetAt(wallMs + DAY_MS, timezone)
  if (before === null || after === null) return null
  if (before === after) return before
  if (offsetAt(wallMs - after * 1000, timezone) === after) return after
  return before
}

/** The offset of a zone at an instant, in seconds east of UTC. */
function offsetAt(instantMs: number, timezone: string): number | null {
  if (Number.isNaN(new Date(instantMs).getTime())) return null
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(instantMs)
      .map((part) => [part.type, part.value]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
  const shown = new Date(0)
  shown.setUTCFullYear(parts.get('era') === 'BC' ? 1 - part('year') : part('year'), part('month') - 1, part('day'))
  shown.setUTCHours(part('hour'), part('minute'), part('second'))
  return Math.round((shown.getTime() - Math.floor(instantMs / 1000) * 1000) / 1000)
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timezone, format)
  }
  return format
}
