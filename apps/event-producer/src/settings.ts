import {
  databaseSettings,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  optionalText,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'

export const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  captureFile: setting(
    'CAPTURE_FILE',
    optionalText('path'),
    'The capture file: which tables of which databases become events. Read once, at the start. Unset: only Hooklane’s own configuration is carried.',
  ),
  spoolDir: setting(
    'SPOOL_DIR',
    optionalText('path of a directory'),
    'Where the rows of transactions go that are too large for memory. Needs room for the largest one (about its size in JSON); nothing in it outlives the process. Unset: the system’s directory for temporary files.',
  ),
} as const

export type EventProducerSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<EventProducerSettings>[] = [saslIsComplete]

/** @throws ConfigurationError */
export const readEventProducerSettings = (): EventProducerSettings => readSettings(definition, rules)
