import type { CaptureGaps } from '@hooklane/postgres'

/**
 * Adds found gaps to the noted ones, like `CaptureMarks.noteGaps`: for each table, the gap noted first stays, unless it can be
 * accepted and the found one cannot: then the found one replaces it.
 */
export function mergeGaps(noted: CaptureGaps, found: CaptureGaps): CaptureGaps {
  const added = [...found].filter(([table, { id }]) => {
    const earlier = noted.get(table)
    return earlier === undefined || (earlier.id !== undefined && id === undefined)
  })
  return new Map([...noted, ...added])
}
