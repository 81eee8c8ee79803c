import { describe, expect, it } from '@jest/globals'
import {
  consumerMetricCatalogue,
  createRegistry,
  NAMED_SETS,
  reasonLabel,
  registerMetrics,
  type MetricCatalogue,
} from '@hooklane/observability'
import { serviceMetricCatalogue } from '@hooklane/runtime'
import { catalogue as dispatcher } from '../../apps/dispatcher/src/metrics.js'
import { catalogue as eventProducer } from '../../apps/event-producer/src/metrics.js'
import { catalogue as recorder } from '../../apps/recorder/src/metrics.js'
import { catalogue as router } from '../../apps/router/src/metrics.js'
import { catalogue as subscriptionService } from '../../apps/subscription-service/src/http/request-metrics.js'

const CATALOGUES: Readonly<Record<string, MetricCatalogue>> = {
  'every service': serviceMetricCatalogue,
  'every consumer': consumerMetricCatalogue,
  'subscription-service': subscriptionService,
  'event-producer': eventProducer,
  router,
  dispatcher,
  recorder,
}
const ALL = Object.entries(CATALOGUES).flatMap(([service, catalogue]) =>
  Object.values(catalogue).map((metric) => ({ service, metric })),
)

describe('metric catalogues', () => {
  it.each(ALL)('labels of $metric.name come from closed sets', ({ metric }) => {
    for (const [label, values] of Object.entries(metric.labels)) {
      expect(label).not.toMatch(/company|app|subscription|delivery|entity|event|url|host|path|^id$|_id$/i)
      if ('from' in values) expect(NAMED_SETS).toContain(values)
      else {
        expect(values.length).toBeGreaterThan(1)
        expect(values.length).toBeLessThanOrEqual(20)
        expect(new Set(values).size).toBe(values.length)
      }
    }
  })

  it.each(ALL)('the name of $metric.name contains its unit', ({ metric }) => {
    expect(metric.name).toMatch(/^hooklane_[a-z][a-z_]*[a-z]$/)
    expect(metric.name.endsWith('_total')).toBe(metric.kind === 'counter')
    if (metric.kind === 'histogram') expect(metric.name).toMatch(/_seconds$/)
  })

  it.each(ALL)('the help of $metric.name is a sentence', ({ metric }) => {
    expect(metric.help).toMatch(/^[1A-Z].*\.$/s)
  })

  it('no two metrics share a name', () => {
    const names = ALL.map(({ metric }) => metric.name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('a service can register its own metrics together with those of every service', () => {
    for (const [service, catalogue] of Object.entries(CATALOGUES)) {
      const registry = createRegistry(service)
      registerMetrics(registry, { ...catalogue, ...serviceMetricCatalogue, ...consumerMetricCatalogue })
    }
  })
})

describe('the reason label of quarantined records', () => {
  it.each([
    ['schema:/entity/id', 'schema'],
    ['wrong_key', 'wrong_key'],
    ['no_key', 'wrong_key'],
    ['hooklane-sequence', 'header'],
    ['refused:22003', 'refused'],
    ['a reason of a later version', 'other'],
  ])('%s becomes %s', (reason, label) => expect(reasonLabel(reason)).toBe(label))
})
