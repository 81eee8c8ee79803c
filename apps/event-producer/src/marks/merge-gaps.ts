import type { CaptureGaps } from '@hooklane/postgres'

/**
 * Adds found gaps to the noted ones, like `CaptureMarks.noteGaps`: the gap that was noted first stays, but one that a person may accept is
 * replaced by one that cannot be accepted.
 */
export function mergeGaps(noted: CaptureGaps, found: CaptureGaps): CaptureGaps {
  const counts = [...found].filter(([table, { id }]) => {
    const earlier = noted.get(table)
    return earlier === undefined || (earlier.id !== undefined && id === undefined)
  })
  return new Map([...noted, ...counts])
}
