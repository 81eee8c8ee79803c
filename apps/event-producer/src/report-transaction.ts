import type { ContextFault, FoldReport, SkipReason, TransactionInfo } from '@hooklane/core/capture'
import type { Skips, SkipLine } from '@hooklane/observability'
import type { EventProducerMetrics } from './metrics.js'

/** Reports a transaction that was read to its commit: in metrics, and in the log if some of its changes became no event. */
export class TransactionReporter {
  constructor(
    private readonly source: string,
    private readonly metrics: EventProducerMetrics,
    private readonly skips: Skips,
  ) {}

  transaction({ committedAtMs }: TransactionInfo): void {
    const { source, metrics } = this
    metrics.transactions.inc({ source })
    metrics.lastCommitSeconds.set({ source }, committedAtMs / 1000)
  }

  folded(transaction: TransactionInfo, report: FoldReport): void {
    this.transaction(transaction)
    const { source, metrics } = this
    const { xid } = transaction
    for (const { reason, table, count, lastKey } of report.skipped) {
      metrics.skipped.inc({ source, reason }, count)
      this.skips.note({ from: source, what: table, reason, count, lastKey }, lineOf(xid, ROWS[reason]))
    }
    for (const [reason, count] of report.contextFaults) {
      metrics.skipped.inc({ source, reason }, count)
      this.skips.note({ from: source, what: null, reason, count, lastKey: placeOf(xid) }, lineOf(xid, CONTEXTS[reason]))
    }
    for (const table of report.truncated) {
      metrics.truncated.inc({ source })
      const part = { from: source, what: table, reason: 'truncated', count: 1, lastKey: placeOf(xid) }
      this.skips.note(part, lineOf(xid, 'a captured table was truncated: receivers have to fetch everything again'))
    }
  }
}

const placeOf = (xid: string): string => `transaction ${xid}`

const lineOf = (xid: string, message: string): SkipLine => ({
  level: 'warn',
  alarm: 'skipped',
  message,
  fields: { xid },
})

const ROWS: Readonly<Record<SkipReason, string>> = {
  companyMissing: 'rows are skipped: their company is null',
  companyInvalid: 'rows are skipped: their company is empty, too long, or holds a blank or a character beyond ASCII',
  idMissing: 'rows are skipped: a column of their id is null, or the id is empty',
  idTooLong: 'rows are skipped: their id is longer than 1,024 characters',
  tableUnknown: 'rows are skipped: the capture file does not name their table',
  tableReplaced: 'rows are skipped: another table has the name of the captured one',
}

const CONTEXTS: Readonly<Record<ContextFault, string>> = {
  contextTooLarge: 'the context emitted with changes is ignored: it is too large',
  contextNotText:
    'the context emitted with changes is ignored: its bytes are not text in the encoding of the database; emit text, not bytea, and ' +
    'write other characters as \\uXXXX',
  contextInvalidJson: 'the context emitted with changes is ignored: it is not JSON',
  contextNotObject: 'the context emitted with changes is ignored: it is not a JSON object',
  contextInvalidMember: 'a member of the context emitted with changes is ignored: it has the wrong type',
}
