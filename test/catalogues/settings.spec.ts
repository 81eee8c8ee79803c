import { describe, expect, it } from '@jest/globals'
import type { Setting } from '@hooklane/config'
import * as dispatcher from '../../apps/dispatcher/src/settings.js'
import * as eventProducer from '../../apps/event-producer/src/settings.js'
import * as recorder from '../../apps/recorder/src/settings.js'
import * as router from '../../apps/router/src/settings.js'
import * as subscriptionService from '../../apps/subscription-service/src/settings.js'

const SERVICES = {
  'subscription-service': subscriptionService,
  'event-producer': eventProducer,
  router,
  dispatcher,
  recorder,
}
const ALL = Object.entries(SERVICES).flatMap(([service, { definition }]) =>
  Object.values(definition as Readonly<Record<string, Setting<unknown>>>).map((setting) => ({
    service,
    key: setting.key,
    setting,
  })),
)
const RULES = Object.entries(SERVICES).flatMap(([service, { definition, rules }]) =>
  rules.map(({ key, rule }) => ({ service, key, rule, keys: Object.values(definition).map((setting) => setting.key) })),
)

describe('settings', () => {
  it.each(ALL)('$key of the $service describes its rule and its purpose', ({ setting }) => {
    expect(setting.schema.description ?? '').not.toBe('')
    expect(setting.description).toMatch(/^[A-Z`].{20,}\.$/su)
  })

  it.each(ALL)('$key of the $service has a unique name', ({ service, key }) => {
    expect(ALL.filter((one) => one.service === service && one.key === key)).toHaveLength(1)
  })

  it.each(ALL)('$key of the $service names its unit if it is in milliseconds', ({ key, setting }) => {
    if (!key.endsWith('_MS')) return
    expect(setting.description).toMatch(/milliseconds/i)
  })

  it.each(RULES)('the rule for $key of the $service names only settings of that service', ({ key, rule, keys }) => {
    expect(keys).toContain(key)
    for (const named of rule.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []) expect(keys).toContain(named)
  })
})
