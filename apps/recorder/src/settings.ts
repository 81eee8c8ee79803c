import {
  databaseSettings,
  integer,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'

export const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  batchMax: setting(
    'RECORDER_BATCH_MAX',
    integer(1_000, 1, 10_000),
    'Records written in one transaction. Too low: more transactions. Too high: longer ones that block more when they are tried again.',
  ),
  bufferMax: setting(
    'RECORDER_BUFFER_MAX',
    integer(10_000, 100, 1_000_000),
    'Records held while the database is slow or away; above it reading pauses. Too low: reading stops and starts. Too high: memory, some kilobytes each.',
  ),
} as const

export type RecorderSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<RecorderSettings>[] = [saslIsComplete]

/** @throws ConfigurationError */
export const readRecorderSettings = (): RecorderSettings => readSettings(definition, rules)
