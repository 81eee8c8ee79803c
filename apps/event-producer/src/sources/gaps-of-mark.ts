import { catalogueFromJson, qualifiedName, type CaptureSource } from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import { LOSS_CODES, type RefusedGap, type LossCode } from '@hooklane/replication'

/** The noted gaps (missing changes) of a source, sorted by what the capture file says about them. */
export interface GapsOfMark {
  /** Gaps because of which the source is refused. */
  readonly open: ReadonlyMap<string, RefusedGap>
  /** Tables whose gaps are accepted. */
  readonly accepted: ReadonlySet<string>
  /** Ids under `accept` that match no noted gap: there never was such a gap, or it has been closed. */
  readonly unmatched: readonly string[]
}

/**
 * Sorts the gaps of a mark. Only gaps of captured tables count. A `CHANGES_MISSING` gap is no longer open if it was accepted, or if the
 * capture file left out its table for a while, because the return of a table is announced to receivers in any case. Gaps with another code
 * stay open until the epoch is raised.
 */
export function gapsOfMark(
  { accept, tables }: CaptureSource,
  mark: Pick<ReadCaptureMark, 'gaps' | 'catalogue'> | null,
): GapsOfMark {
  const captured = new Set(tables.map(qualifiedName))
  const former = (mark && catalogueFromJson(mark.catalogue)?.former) ?? new Map<string, number>()
  const noted = [...(mark?.gaps ?? [])].map(([table, gap]) => [table, { ...gap, code: lossCode(gap.code) }] as const)
  const isAccepted = ({ id }: RefusedGap): boolean => id !== undefined && accept.includes(id)
  const isOpen = (table: string, gap: RefusedGap): boolean =>
    gap.code !== 'CHANGES_MISSING' || (!former.has(table) && !isAccepted(gap))
  const ofCaptured = noted.filter(([table]) => captured.has(table))
  const ids = new Set(noted.map(([, { id }]) => id))
  return {
    open: new Map(ofCaptured.filter(([table, gap]) => isOpen(table, gap))),
    accepted: new Set(ofCaptured.filter(([, gap]) => isAccepted(gap)).map(([table]) => table)),
    unmatched: accept.filter((id) => !ids.has(id)),
  }
}

/** A code that only a later build knows counts as `CHANGES_MISSING`. */
const lossCode = (code: string): LossCode => LOSS_CODES.find((one) => one === code) ?? 'CHANGES_MISSING'
