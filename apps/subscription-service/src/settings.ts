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
import { parseApiKey } from '@hooklane/core/secrets'
import { InvalidAllowTargets, parseAllowTargets } from '@hooklane/webhook-http'
import { z } from 'zod'

const OPERATOR_KEY_RULE = 'must be a key of the form hko_<id>_<secret>_<checksum>'

export const definition = {
  ...serviceSettings,
  ...databaseSettings,
  ...kafkaSettings,
  ...secretsSettings,
  ...targetSettings,
  httpPort: setting('HTTP_PORT', port(8080), 'Port of the REST API and its pages; 0 chooses a free port.'),
  httpHost: setting(
    'HTTP_HOST',
    text('0.0.0.0', 'address'),
    'Address on which the API listens. It speaks plain http: put a proxy that terminates TLS in front of it.',
  ),
  operatorKey: secretSetting(
    'OPERATOR_KEY',
    z
      .string({ error: `is required: it ${OPERATOR_KEY_RULE}` })
      .transform((value) => parseApiKey(value))
      .refine((key) => key?.kind === 'operator', { error: OPERATOR_KEY_RULE })
      .describe('key of the form `hko_<id>_<secret>_<checksum>`'),
    'The first operator key. Only its hash is kept. Further keys are created and revoked through the API.',
  ),
  wrongKeysPerMinute: setting(
    'WRONG_KEYS_PER_MINUTE',
    integer(10, 1, 100_000),
    'Wrong API keys that one address may send per minute before it gets 429. A valid key is always accepted. Too low: a misconfigured client soon gets 429 instead of the 401 that tells the reason. Too high: keys can be guessed faster.',
  ),
  databaseConnections: setting(
    'DATABASE_CONNECTIONS',
    integer(10, 1, 200),
    'Maximum number of connections of this process to Postgres. Too low: requests wait for a connection. Too high: the server runs out of `max_connections`.',
  ),
} as const

export type SubscriptionServiceSettings = SettingsOf<typeof definition>

const allowTargetsCanBeRead: CrossRule<SubscriptionServiceSettings> = {
  key: 'ALLOW_TARGETS',
  rule: 'may hold CIDRs, hosts and `host:port` only',
  faultIn: ({ allowTargets }) => {
    try {
      parseAllowTargets(allowTargets)
      return null
    } catch (error) {
      if (error instanceof InvalidAllowTargets) return error.message
      throw error
    }
  },
}

export const rules: readonly CrossRule<SubscriptionServiceSettings>[] = [saslIsComplete, allowTargetsCanBeRead]

/** @throws ConfigurationError */
export const readSubscriptionServiceSettings = (): SubscriptionServiceSettings => readSettings(definition, rules)
