import { describe, expect, it } from '@jest/globals'
import { consumerMetrics } from './consumer-metrics.js'
import { createRegistry } from './metrics.js'
import { Readiness } from './readiness.js'
import { ConsumerReport } from './report-consumer.js'

function world() {
  const registry = createRegistry('router')
  const readiness = new Readiness()
  const report = new ConsumerReport(consumerMetrics(registry), readiness, 30_000)
  const valuesOf = async (name: string) =>
    (await registry.getSingleMetric(`hooklane_${name}`)?.get())?.values.map(({ value, labels }) => [
      labels.group,
      value,
    ])
  return { report, readiness, registry, valuesOf }
}

describe('the report on a consumer', () => {
  it('sets its lag and ages with its group and service as labels', async () => {
    const { report, registry, valuesOf } = world()
    report.state({ group: 'shared-webhook', lagRecords: 5, fetchAgeMs: 75_000, heartbeatAgeMs: 1_500 })
    report.state({ group: 'shared-shop', lagRecords: 0, fetchAgeMs: 100, heartbeatAgeMs: 200 })
    expect(await valuesOf('consumer_lag_records')).toEqual([
      ['shared-webhook', 5],
      ['shared-shop', 0],
    ])
    expect(await valuesOf('consumer_last_fetch_age_seconds')).toContainEqual(['shared-webhook', 75])
    expect(await valuesOf('consumer_heartbeat_age_seconds')).toContainEqual(['shared-webhook', 1.5])
    expect(await registry.metrics()).toMatch(/consumer_lag_records\{group="shared-webhook",service="router"\} 5/)
  })

  it('sets no ages before Kafka has answered', async () => {
    const { report, valuesOf, readiness } = world()
    report.state({ group: 'router', lagRecords: 0, fetchAgeMs: null, heartbeatAgeMs: null })
    report.silence(null)
    expect(await valuesOf('consumer_last_fetch_age_seconds')).toEqual([])
    expect(await valuesOf('consumer_heartbeat_age_seconds')).toEqual([])
    expect(readiness.report().parts).toEqual({})
  })

  it('makes the service not ready when Kafka does not answer for longer than the session timeout', () => {
    const { report, readiness } = world()
    report.silence(30_000)
    expect(readiness.isReady).toBe(true)
    report.silence(31_000)
    expect(readiness.report().parts.kafka).toEqual({
      ready: false,
      detail: 'Kafka has not answered for 31 s',
    })
  })
})
