import type { CaptureGaps } from '@hooklane/postgres'

/**
 * What is noted as missing, with what was found since, as `CaptureMarks.noteGaps` does it: what was noted first stays, but what a person may accept gives
 * way to what nobody may.
 */
export function mergeGaps(noted: CaptureGaps, found: CaptureGaps): CaptureGaps {
  const counts = [...found].filter(([table, { id }]) => {
    const earlier = noted.get(table)
    return earlier === undefined || (earlier.id !== undefined && id === undefined)
  })
  return new Map([...noted, ...counts])
}
