import {
  databaseSettings,
  integer,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  type SettingsOf,
} from '@hooklane/config'

const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  batchMax: setting(
    'RECORDER_BATCH_MAX',
    integer(1_000, 1, 10_000),
    'Records written in one transaction. Too low: more transactions. Too high: a longer one, and more memory.',
  ),
  bufferMax: setting(
    'RECORDER_BUFFER_MAX',
    integer(10_000, 100, 1_000_000),
    'Records held while the database is slow or away; above it reading pauses.',
  ),
} as const

export type RecorderSettings = SettingsOf<typeof definition>

/** @throws ConfigurationError */
export const readRecorderSettings = (): RecorderSettings => readSettings(definition, [saslIsComplete])
