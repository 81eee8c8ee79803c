import type { Gap } from './protocol.js'

/**
 * Maximum number of gaps kept as single entries; older gaps are folded into ranges. Too high: large rows and envelopes. Too low: receivers
 * learn less.
 */
const SINGLES_MAX = 100
/** Maximum number of ranges. Up to it, each range has one status; beyond it, neighbours with different statuses are folded too. */
const RANGES_MAX = 100

const lastOf = (gap: Gap): bigint => gap.to ?? gap.sequence

/** Index of the first entry of the unbroken run that ends at `sequence − 1`; `gaps.length` when there is none. */
function runStart(gaps: readonly Gap[], sequence: bigint): number {
  let start = gaps.length
  let expected = sequence - 1n
  for (let at = gaps.length - 1; at >= 0; at--) {
    const gap = gaps[at]
    if (!gap || lastOf(gap) !== expected) break
    expected = gap.sequence - 1n
    start = at
  }
  return start
}

/** `order.previous` and `order.skipped` of the delivery with this number. */
export function orderOf(
  gaps: readonly Gap[],
  sequence: bigint,
): { readonly previous: bigint; readonly skipped: readonly Gap[] } {
  if (gaps.length === 0) return { previous: sequence - 1n, skipped: NO_GAPS }
  const skipped = gaps.slice(runStart(gaps, sequence))
  return { previous: (skipped[0]?.sequence ?? sequence) - 1n, skipped }
}

/** Appends a gap. Only the unbroken run that leads up to it is kept, because a delivery in between has reported the earlier entries. */
export function appendGap(gaps: readonly Gap[], gap: Gap): Gap[] {
  const run = gaps.slice(runStart(gaps, gap.sequence))
  run.push(gap)
  return fold(run)
}

/**
 * If there are more than 100 single entries, the oldest is folded into a range of its status. If there are then more than 100 ranges, the
 * two oldest are joined.
 */
function fold(gaps: Gap[]): Gap[] {
  let singles = 0
  for (const gap of gaps) if (gap.to === undefined) singles += 1
  if (singles <= SINGLES_MAX) return gaps
  const at = gaps.findIndex((gap) => gap.to === undefined)
  const single = gaps[at]
  if (!single) return gaps
  const before = gaps[at - 1]
  if (before?.status === single.status) gaps.splice(at - 1, 2, join(before, single))
  else gaps[at] = { ...single, to: single.sequence, id: null }
  if (at >= RANGES_MAX) {
    const [first, second] = gaps
    if (first && second) gaps.splice(0, 2, join(first, second))
  }
  return gaps
}

function join(first: Gap, second: Gap): Gap {
  return {
    sequence: first.sequence,
    to: lastOf(second),
    id: null,
    status: SEVERITY.indexOf(first.status) >= SEVERITY.indexOf(second.status) ? first.status : second.status,
    reason: first.reason === second.reason ? first.reason : 'various',
  }
}

/** Least severe first. A range folded from two statuses takes the more severe one. */
const SEVERITY: readonly Gap['status'][] = ['filtered', 'skipped', 'dropped', 'held', 'deadLettered', 'expired', 'lost']

const NO_GAPS: readonly Gap[] = []
