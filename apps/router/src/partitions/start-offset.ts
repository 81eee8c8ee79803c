import { decideStart, type ExpiredRange, type StartFacts } from '@hooklane/core/routing'
import type { Logger } from '@hooklane/observability'
import type { RouterMetrics } from '../metrics.js'

/**
 * Returns the offset at which a partition resumes, as `decideStart` decides. Raises an alarm for each incident in the decision.
 *
 * @throws Error when an operator must decide
 */
export function startOffset(
  facts: StartFacts,
  { metrics, logger }: { readonly metrics: RouterMetrics; readonly logger: Logger },
): { readonly next: bigint; readonly expired: ExpiredRange | null } {
  const decision = decideStart(facts)
  const shown = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]))
  if (decision.kind === 'refuse') {
    metrics.incidents.inc({ kind: decision.reason })
    throw new Error(`routing cannot continue without an operator: ${decision.reason} ${JSON.stringify(shown)}`)
  }
  for (const kind of decision.incidents) {
    metrics.incidents.inc({ kind })
    logger.error({ alarm: kind, ...shown }, 'the partition does not resume where its last transaction ended')
  }
  return decision
}
