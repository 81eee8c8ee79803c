import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client'

/**
 * The values that a label may take: listed, or given by another set that is small and rarely changes. Every combination is a separate time
 * series in Prometheus for ever, so a label is never a company, an app, a subscription or a URL.
 */
export type LabelSet = readonly string[] | NamedSet

/** A set whose members are defined elsewhere; `from` describes where, for `docs/metrics.md`. */
export interface NamedSet {
  readonly from: string
}

export const WORKER_GROUPS: NamedSet = { from: 'worker groups' }
export const CONSUMER_GROUPS: NamedSet = { from: '`router`, `recorder`, and worker groups' }
export const CAPTURE_SOURCES: NamedSet = {
  from: 'sources of the capture file, and `hooklane` for its own configuration',
}
export const HTTP_STATUS_CODES: NamedSet = { from: 'HTTP status codes' }
export const READINESS_PARTS: NamedSet = { from: 'parts of the service, as `/health/ready` names them' }

/** All sets that are not listed value by value. */
export const NAMED_SETS: readonly NamedSet[] = [
  WORKER_GROUPS,
  CONSUMER_GROUPS,
  CAPTURE_SOURCES,
  HTTP_STATUS_CODES,
  READINESS_PARTS,
]

export type Labels = Readonly<Record<string, LabelSet>>

/** One value for each label. A listed set accepts only its members. */
export type LabelValues<L extends Labels> = {
  readonly [K in keyof L]: L[K] extends readonly (infer V)[] ? V : string
}

type MetricKind = 'counter' | 'gauge' | 'histogram'

/** One metric of a catalogue. */
export interface MetricDefinition<K extends MetricKind = MetricKind, L extends Labels = Labels> {
  readonly kind: K
  /** Includes the product's prefix, and ends in its unit: `_seconds`, `_bytes`, or `_total` for counters. */
  readonly name: string
  /** One or two lines for `docs/metrics.md`: what the metric measures, and what a high or low value means where that matters. */
  readonly help: string
  readonly labels: L
  /** Upper bounds of a histogram, in the metric's unit. */
  readonly buckets?: readonly number[]
}

const NO_LABELS = {} as const
type NoLabels = typeof NO_LABELS

const define = <K extends MetricKind, L extends Labels>(
  kind: K,
  definition: Pick<MetricDefinition<K, L>, 'name' | 'help' | 'labels'>,
): MetricDefinition<K, L> => ({ ...definition, kind, name: `hooklane_${definition.name}` })

export const counter = <const L extends Labels = NoLabels>(
  name: string,
  help: string,
  labels: L = NO_LABELS as unknown as L,
) => define('counter', { name, help, labels })

export const gauge = <const L extends Labels = NoLabels>(
  name: string,
  help: string,
  labels: L = NO_LABELS as unknown as L,
) => define('gauge', { name, help, labels })

/** Default buckets: from a millisecond to a minute, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

export const histogram = <const L extends Labels = NoLabels>(
  name: string,
  help: string,
  labels: L = NO_LABELS as unknown as L,
): MetricDefinition<'histogram', L> => ({ ...define('histogram', { name, help, labels }), buckets: SECONDS })

/** Returns the histogram with other buckets than the default. */
export const inBuckets = <L extends Labels>(
  buckets: readonly number[],
  definition: MetricDefinition<'histogram', L>,
): MetricDefinition<'histogram', L> => ({ ...definition, buckets })

export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>

type Increase<L extends Labels> = keyof L extends never
  ? (by?: number) => void
  : (labels: LabelValues<L>, by?: number) => void
type Assign<L extends Labels> = keyof L extends never
  ? (value: number) => void
  : (labels: LabelValues<L>, value: number) => void

/** A counter that accepts only the label values in its catalogue. */
export interface CatalogueCounter<L extends Labels> {
  inc: Increase<L>
  /** Returns the series of these label values, for hot paths. */
  labels(values: LabelValues<L>): { inc(by?: number): void }
}

export interface CatalogueGauge<L extends Labels> {
  set: Assign<L>
  inc: Increase<L>
  dec: Increase<L>
  labels(values: LabelValues<L>): { set(value: number): void; inc(by?: number): void; dec(by?: number): void }
  /** Removes all series. Otherwise a series would stay at its last value after the thing that it measured is gone. */
  reset(): void
}

export interface CatalogueHistogram<L extends Labels> {
  observe: Assign<L>
  labels(values: LabelValues<L>): { observe(value: number): void }
  /** Starts a timer. The returned function observes the seconds since then. */
  startTimer(): keyof L extends never ? () => number : (labels: LabelValues<L>) => number
}

export type Metrics<C extends MetricCatalogue> = {
  readonly [K in keyof C]: C[K] extends MetricDefinition<'counter', infer L>
    ? CatalogueCounter<L>
    : C[K] extends MetricDefinition<'gauge', infer L>
      ? CatalogueGauge<L>
      : C[K] extends MetricDefinition<'histogram', infer L>
        ? CatalogueHistogram<L>
        : never
}

/** Creates a registry with the process's own metrics (memory, CPU, event loop). */
export function createRegistry(service: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  return registry
}

/** Creates the metrics of a catalogue in the registry. */
export function registerMetrics<C extends MetricCatalogue>(registry: Registry, catalogue: C): Metrics<C> {
  const made: Record<string, Counter | Gauge | Histogram> = {}
  for (const [key, definition] of Object.entries(catalogue)) made[key] = make(registry, definition)
  return made as unknown as Metrics<C>
}

function make(registry: Registry, definition: MetricDefinition): Counter | Gauge | Histogram {
  const common = {
    name: definition.name,
    help: definition.help,
    labelNames: Object.keys(definition.labels),
    registers: [registry],
  }
  if (definition.kind === 'counter') return new Counter(common)
  if (definition.kind === 'gauge') return new Gauge(common)
  return new Histogram({ ...common, buckets: [...(definition.buckets ?? SECONDS)] })
}

/** Removes the series of a removed group, which would otherwise stay at their last values for ever. */
export async function forgetGroup(metrics: Metrics<MetricCatalogue>, group: string): Promise<void> {
  for (const metric of Object.values(metrics) as unknown as Metric[]) {
    const { values } = await metric.get()
    for (const { labels } of values) {
      // Each bucket of a histogram has its own series; `remove` removes them together.
      const { le: _, ...own } = labels as Record<string, string>
      if (own.group === group) metric.remove(own)
    }
  }
}

export type { Registry } from 'prom-client'
