import { gauge, registerMetrics, READINESS_PARTS, type Readiness, type Registry } from '@hooklane/observability'

/** The metrics of every service, in addition to the process's own (`process_*`, `nodejs_*`). */
export const serviceMetricCatalogue = {
  ready: gauge(
    'ready',
    '1 while the service can do its work, 0 otherwise; the same state as `/health/ready`. If it stays 0 for longer than a start takes, this process or a server that it needs does not work.',
  ),
  partReady: gauge(
    'part_ready',
    '1 while the part can do its work, 0 otherwise. The label `part` shows what is missing (`database`, `source pim`, `partitions`, …); `/health/ready` says why.',
    { part: READINESS_PARTS },
  ),
} as const

/** Registers the metrics. Returns a function that updates them; call it before each scrape. */
export function measureReadiness(registry: Registry, readiness: Readiness): () => void {
  const { ready, partReady } = registerMetrics(registry, serviceMetricCatalogue)
  return () => {
    ready.set(readiness.isReady ? 1 : 0)
    partReady.reset()
    for (const [part, state] of Object.entries(readiness.report().parts)) partReady.set({ part }, state.ready ? 1 : 0)
  }
}
