import { tmpdir } from 'node:os'
import {
  databaseSettings,
  kafkaSettings,
  readSettings,
  saslIsComplete,
  serviceSettings,
  setting,
  optionalText,
  text,
  type SettingsOf,
} from '@hooklane/config'

const definition = {
  ...serviceSettings,
  ...kafkaSettings,
  ...databaseSettings,
  captureFile: setting(
    'CAPTURE_FILE',
    optionalText(),
    'Path of the capture file: which tables of which databases become events. Unset: only Hooklane’s own configuration is carried.',
  ),
  spoolDir: setting(
    'SPOOL_DIR',
    text(tmpdir()),
    'Directory for the rows of transactions that are too large for memory. Needs room for the largest one; nothing in it outlives the process.',
  ),
} as const

export type EventProducerSettings = SettingsOf<typeof definition>

/** @throws ConfigurationError */
export const readEventProducerSettings = (): EventProducerSettings => readSettings(definition, [saslIsComplete])
