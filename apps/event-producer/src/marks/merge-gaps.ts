import type { CaptureGaps } from '@hooklane/postgres'

/**
 * Adds found gaps (missing changes of a table) to the noted gaps, as `CaptureMarks.noteGaps` does. A table keeps its noted gap, with one
 * exception: a found gap that cannot be accepted (it has no `id`) replaces a noted gap that can.
 */
export function mergeGaps(noted: CaptureGaps, found: CaptureGaps): CaptureGaps {
  const added = [...found].filter(([table, { id }]) => {
    const earlier = noted.get(table)
    return earlier === undefined || (earlier.id !== undefined && id === undefined)
  })
  return new Map([...noted, ...added])
}
