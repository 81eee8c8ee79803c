import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** One metric of the catalogue. Labels come from closed sets only: never a company, an app or a URL. */
export interface MetricDefinition<Kind extends 'counter' | 'gauge' | 'histogram' = 'counter' | 'gauge' | 'histogram'> {
  readonly kind: Kind
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[]
}

export const counter = (name: string, help: string, labels: readonly string[] = []): MetricDefinition<'counter'> => ({
  kind: 'counter',
  name: `hooklane_${name}`,
  help,
  labels,
})

export const gauge = (name: string, help: string, labels: readonly string[] = []): MetricDefinition<'gauge'> => ({
  kind: 'gauge',
  name: `hooklane_${name}`,
  help,
  labels,
})

/** Seconds from a millisecond to a minute. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

export const histogram = (
  name: string,
  help: string,
  labels: readonly string[] = [],
  buckets: readonly number[] = SECONDS,
): MetricDefinition<'histogram'> => ({ kind: 'histogram', name: `hooklane_${name}`, help, labels, buckets })

export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>

export type Metrics<C extends MetricCatalogue> = {
  readonly [K in keyof C]: C[K] extends MetricDefinition<'counter'>
    ? Counter
    : C[K] extends MetricDefinition<'gauge'>
      ? Gauge
      : Histogram
}

/** A registry with the process's own metrics (memory, CPU, event loop). */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Makes the catalogue's metrics in the registry. */
export function registerMetrics<C extends MetricCatalogue>(registry: Registry, catalogue: C): Metrics<C> {
  const made: Record<string, Counter | Gauge | Histogram> = {}
  for (const [key, definition] of Object.entries(catalogue)) made[key] = make(registry, definition)
  return made as Metrics<C>
}

function make(registry: Registry, definition: MetricDefinition): Counter | Gauge | Histogram {
  const common = {
    name: definition.name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
  }
  if (definition.kind === 'counter') return new Counter(common)
  if (definition.kind === 'gauge') return new Gauge(common)
  return new Histogram({ ...common, buckets: [...(definition.buckets ?? SECONDS)] })
}

export type { Registry } from 'prom-client'
