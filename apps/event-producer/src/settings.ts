import {
  databaseSettings,
  integer,
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
    'The capture file, which says which tables of which databases become events. It is read at the start, and again while it has faults. Unset: only Hooklane’s own configuration is published.',
  ),
  captureCheckMs: setting(
    'CAPTURE_CHECK_MS',
    integer(10_000, 100, 600_000),
    'Milliseconds between two checks of each captured database: whether its tables, rights and publication are still as they must be, and how much write-ahead log it keeps. Too high: after somebody changed the publication, it takes longer to notice that changes are missing. Too low: each check costs a connection.',
  ),
  spoolDir: setting(
    'SPOOL_DIR',
    optionalText('path of a directory'),
    'Directory for the rows of transactions that are too large for memory. Needs room for the largest transaction (about its size in JSON); nothing in it outlives the process. Unset: the system’s directory for temporary files.',
  ),
} as const

export type EventProducerSettings = SettingsOf<typeof definition>

export const rules: readonly CrossRule<EventProducerSettings>[] = [saslIsComplete]

/** @throws ConfigurationError */
export const readEventProducerSettings = (): EventProducerSettings => readSettings(definition, rules)
