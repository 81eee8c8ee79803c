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
    'Maximum records written in one transaction. Too low: more transactions. Too high: longer transactions, and a retried transaction delays more records.',
  ),
  bufferMax: setting(
    'RECORDER_BUFFER_MAX',
    integer(10_000, 100, 1_000_000),
    'Maximum records held while the database is slow or unavailable. When more are held, reading pauses. Too low: reading keeps stopping and starting. Too high: more memory, a few kilobytes per record.',
  ),
} as const

export type RecorderSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<RecorderSettings>[] = [saslIsComplete]

/** @throws ConfigurationError */
export const readRecorderSettings = (): RecorderSettings => readSettings(definition, rules)
