import type { LogRecord } from '@hooklane/core/kernel'
import type { SkipLine, SkippedPart, Skips } from './skips.js'

/** A refused record, and the reason, which may contain a path, as in `schema:/entity/id`. */
export interface Refused {
  readonly record: Pick<LogRecord, 'topic' | 'partition' | 'offset' | 'key'>
  readonly reason: string
}

/** The only reason that is noted per key, because the key names a company that was never created, and operators need to know which one. */
const UNKNOWN_COMPANY = 'unknown_company'

/** Notes records that went into quarantine, combining those of one topic and reason. */
export function noteQuarantined(skips: Skips, refused: readonly Refused[], line: Omit<SkipLine, 'alarm'>): void {
  note(skips, refused, { ...line, alarm: 'quarantined' })
}

/** Notes a record of the configuration topic that is skipped. It stays in its topic, so it needs no quarantine. */
export function noteUndecodable(skips: Skips, record: Refused['record'], reason: string): void {
  note(skips, [{ record, reason }], {
    level: 'error',
    alarm: 'configuration_undecodable',
    message: 'a configuration record cannot be read and is skipped',
  })
}

function note(skips: Skips, refused: readonly Refused[], line: SkipLine): void {
  const parts = new Map<string, SkippedPart>()
  for (const { record, reason } of refused) {
    const [name = reason] = reason.split(':', 1)
    const path = reason.slice(name.length + 1)
    const key = record.key?.toString('utf8') ?? null
    const what = name === UNKNOWN_COMPANY ? key : null
    const id = `${record.topic}\0${name}\0${what}`
    const place = `partition ${record.partition} offset ${record.offset}`
    const lastKey = [place, key === null ? '' : `key ${key}`, path].filter((text) => text !== '').join(', ')
    parts.set(id, { from: record.topic, what, reason: name, count: (parts.get(id)?.count ?? 0) + 1, lastKey })
  }
  for (const part of parts.values()) skips.note(part, line)
}
