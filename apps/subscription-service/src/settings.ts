import {
  databaseSettings,
  integer,
  kafkaSettings,
  port,
  readSettings,
  saslIsComplete,
  secretSetting,
  secretsSettings,
  serviceSettings,
  setting,
  targetSettings,
  text,
  type CrossRule,
  type SettingsOf,
} from '@hooklane/config'
import { parseApiKey } from '@hooklane/core'
import { InvalidAllowTargets, parseAllowTargets } from '@hooklane/webhook-http'
import { z } from 'zod'

const OPERATOR_KEY_RULE = 'must be a key of the form hko_<id>_<secret>_<checksum>'

const definition = {
  ...serviceSettings,
  ...databaseSettings,
  ...kafkaSettings,
  ...secretsSettings,
  ...targetSettings,
  httpPort: setting('HTTP_PORT', port(8080), 'Port of the REST API and its pages; 0 takes a free one.'),
  httpHost: setting('HTTP_HOST', text('0.0.0.0'), 'Address on which the API is served.'),
  operatorKey: secretSetting(
    'OPERATOR_KEY',
    z
      .string({ error: `is required: it ${OPERATOR_KEY_RULE}` })
      .transform((value) => parseApiKey(value))
      .refine((key) => key?.kind === 'operator', { error: OPERATOR_KEY_RULE }),
    'The first operator key. Only its hash is kept; more keys are made and revoked through the API.',
  ),
  wrongKeysPerMinute: setting(
    'WRONG_KEYS_PER_MINUTE',
    integer(10, 1, 100_000),
    'Wrong API keys that one address may send in a minute before it is told to wait. A right key is never held up.',
  ),
  databaseConnections: setting(
    'DATABASE_CONNECTIONS',
    integer(10, 1, 200),
    'Connections to Postgres. Too few queue requests, too many exhaust the server.',
  ),
} as const

export type SubscriptionServiceSettings = SettingsOf<typeof definition>

const allowTargetsCanBeRead: CrossRule<SubscriptionServiceSettings> = (settings) => {
  try {
    parseAllowTargets(settings.allowTargets)
    return null
  } catch (error) {
    if (error instanceof InvalidAllowTargets) return { key: 'ALLOW_TARGETS', rule: error.message }
    throw error
  }
}

/** @throws ConfigurationError */
export const readSubscriptionServiceSettings = (): SubscriptionServiceSettings =>
  readSettings(definition, [saslIsComplete, allowTargetsCanBeRead])
