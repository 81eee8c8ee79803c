import { catalogueFromJson, qualifiedName, type CaptureSource } from '@hooklane/core/capture'
import type { ReadCaptureMark } from '@hooklane/postgres'
import { LOSS_CODES, type Gap, type LossCode } from '@hooklane/replication'

/** What is noted as missing of a source, and what the capture file says of it. */
export interface GapsOfMark {
  /** Refused. */
  readonly open: ReadonlyMap<string, Gap>
  /** Tables of those that are accepted. */
  readonly accepted: ReadonlySet<string>
  /** Accepted ids that are of no gap, or of none any more. */
  readonly notOpen: readonly string[]
}

/**
 * A gap that is accepted is not refused, nor one of a table that the capture file has taken out since: whoever names that again announces it
 * anyway. Neither holds for what only a raised epoch gets over.
 */
export function gapsOfMark(
  { accept, tables }: CaptureSource,
  mark: Pick<ReadCaptureMark, 'gaps' | 'catalogue'> | null,
): GapsOfMark {
  const captured = new Set(tables.map(qualifiedName))
  const former = (mark && catalogueFromJson(mark.catalogue)?.former) ?? new Map<string, number>()
  const noted = [...(mark?.gaps ?? [])].map(([table, gap]) => [table, { ...gap, code: lossCode(gap.code) }] as const)
  const isAccepted = ({ id }: Gap): boolean => id !== undefined && accept.includes(id)
  const isOpen = (table: string, gap: Gap): boolean =>
    gap.code !== 'CHANGES_MISSING' || (!former.has(table) && !isAccepted(gap))
  const ofCaptured = noted.filter(([table]) => captured.has(table))
  const ids = new Set(noted.map(([, { id }]) => id))
  return {
    open: new Map(ofCaptured.filter(([table, gap]) => isOpen(table, gap))),
    accepted: new Set(ofCaptured.filter(([, gap]) => isAccepted(gap)).map(([table]) => table)),
    notOpen: accept.filter((id) => !ids.has(id)),
  }
}

/** What a later build has noted is missing all the same. */
const lossCode = (code: string): LossCode => LOSS_CODES.find((one) => one === code) ?? 'CHANGES_MISSING'
