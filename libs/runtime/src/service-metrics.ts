import { gauge, registerMetrics, SERVICE_PARTS, type Readiness, type Registry } from '@hooklane/observability'

/** What every service tells Prometheus of itself, beside the process's own metrics (`process_*`, `nodejs_*`). */
export const serviceMetricCatalogue = {
  ready: gauge(
    'ready',
    '1 while the service can do its work, 0 otherwise: the answer of `/health/ready`. 0 for longer than a start is an outage of this process or of a server it needs.',
  ),
  partReady: gauge(
    'part_ready',
    '1 while the part can do its work, 0 otherwise. The part that is 0 names what is missing (`database`, `source pim`, `partitions`, …); `/health/ready` says why.',
    { part: SERVICE_PARTS },
  ),
} as const

/** Registers them; the answer brings them up to date and is called before each scrape. */
export function measureReadiness(registry: Registry, readiness: Readiness): () => void {
  const { ready, partReady } = registerMetrics(registry, serviceMetricCatalogue)
  return () => {
    ready.set(readiness.isReady ? 1 : 0)
    partReady.reset()
    for (const [part, state] of Object.entries(readiness.report().parts)) partReady.set({ part }, state.ready ? 1 : 0)
  }
}
