import { RESYNC_REASONS, type JsonValue, type ResyncReason } from '@hooklane/contracts/public'
import type { Announcement } from '@hooklane/core/capture'

/** Reads stored announcements from JSON. Skips invalid entries, which may come from a later build. */
export function announcementsOf(stored: JsonValue): Announcement[] {
  if (!Array.isArray(stored)) return []
  return stored.flatMap((entry) => {
    if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return []
    const { id, reason, resources, from } = entry
    if (typeof id !== 'string' || !isReason(reason) || !Array.isArray(resources)) return []
    const names = resources.filter((name) => typeof name === 'string')
    return [{ id, reason, resources: names, from: typeof from === 'string' ? from : null }]
  })
}

const isReason = (value: JsonValue | undefined): value is ResyncReason =>
  typeof value === 'string' && Object.hasOwn(RESYNC_REASONS, value)
