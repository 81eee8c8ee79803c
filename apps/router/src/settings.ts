import {
  integer,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  type SettingsOf,
} from '@hooklane/config'

export const routerSettingsDefinition = {
  ...serviceSettings,
  ...kafkaSettings,
  maxHops: setting(
    'MAX_HOPS',
    integer(3, 0, 100),
    'Echoes of apps that may lead to an event; events above are quarantined. Too low cuts chains of systems, too high lets a loop run longer.',
  ),
} as const

export type RouterSettings = SettingsOf<typeof routerSettingsDefinition>

export const readRouterSettings = (): RouterSettings => readSettings(routerSettingsDefinition, [saslIsComplete])
