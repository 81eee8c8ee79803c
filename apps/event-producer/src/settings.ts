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
    'The capture file: which tables of which databases become events. Read at the start, and again while something is wrong with it. Unset: only Hooklane’s own configuration is carried.',
  ),
  captureCheckMs: setting(
    'CAPTURE_CHECK_MS',
    integer(10_000, 100, 600_000),
    'Milliseconds between two looks at each captured database, whether tables, rights and publication are still as they must be, and how much log is kept. Longer lets changes go missing unnoticed for longer after somebody changed the publication; shorter costs a connection each time.',
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
