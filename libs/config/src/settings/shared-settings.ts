import { z } from 'zod'
import { flag, integer, list, oneOf, optionalText, port, required, text } from './rules.js'
import { crossRule, type CrossRule } from './read-settings.js'
import { secretSetting, setting } from './setting.js'

/** Settings that every service reads. */
export const serviceSettings = {
  healthPort: setting(
    'HEALTH_PORT',
    port(8081),
    'Port of `/health/live`, `/health/ready` and `/metrics`; 0 takes a free port, which the first log line names. Two services on one machine need different ports.',
  ),
  healthHost: setting(
    'HEALTH_HOST',
    text('0.0.0.0', 'address'),
    'Address on which health and metrics are served. They need no key: keep them inside your network.',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info'),
    'Lowest level that is logged. At `info` there is one line per attempt; a receiver’s failure is never logged above `info`. At `warn`, only events that an operator should know are logged.',
  ),
  drainLimitMs: setting(
    'DRAIN_LIMIT_MS',
    integer(40_000, 1_000, 600_000),
    'Milliseconds a service may take to end after SIGTERM. Too low: attempts are cut off, and receivers get them again. Too high: the platform kills the service first, so keep it below the platform’s grace period.',
  ),
  httpProxy: setting(
    'HTTP_PROXY',
    noProxy(),
    'Not supported: a proxy would bypass the address guard. The service refuses to start when it is set.',
  ),
  httpsProxy: setting(
    'HTTPS_PROXY',
    noProxy(),
    'Not supported: a proxy would bypass the address guard. The service refuses to start when it is set.',
  ),
} as const

function noProxy() {
  return z
    .undefined({ error: 'must not be set: a proxy would bypass the address guard; unset it for this process' })
    .describe('must not be set')
}

export const kafkaSettings = {
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    list(),
    '`host:port` of the Kafka brokers. Two or three are enough: the others are found through them.',
  ),
  kafkaSsl: setting('KAFKA_SSL', flag(false), 'Connect to Kafka over TLS; certificates are verified.'),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'], { error: 'must be plain, scram-sha-256 or scram-sha-512' })
      .optional()
      .describe('`plain`, `scram-sha-256` or `scram-sha-512`'),
    'SASL mechanism by which services log in to Kafka. Unset: no authentication. `plain` sends the password in clear text: use it only with KAFKA_SSL.',
  ),
  kafkaSaslUsername: setting('KAFKA_SASL_USERNAME', optionalText(), 'User for KAFKA_SASL_MECHANISM.'),
  kafkaSaslPassword: secretSetting('KAFKA_SASL_PASSWORD', optionalText(), 'Password for KAFKA_SASL_MECHANISM.'),
  topicPrefix: setting(
    'TOPIC_PREFIX',
    z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,60}$/, { error: 'must be 1 to 60 letters, digits, dots, underscores or dashes' })
      .default('hooklane.')
      .describe('1 to 60 letters, digits, dots, underscores or dashes'),
    'Prefix of the name of every topic, consumer group, transactional id and replication slot. Two systems on one cluster need different prefixes; all services of one system need the same. Changing it starts a new, empty system.',
  ),
  topicProfile: setting(
    'TOPIC_PROFILE',
    oneOf(['dev', 'prod'], 'dev'),
    'Partition counts of topics that are created. `dev`: few, quick to start; `prod`: many, because the count limits how many processes can share the work, and cannot be raised later. Counts of existing topics are read from the cluster.',
  ),
} as const

/** A SASL mechanism needs a username and a password. */
export const saslIsComplete: CrossRule<{
  kafkaSaslMechanism: string | undefined
  kafkaSaslUsername: string | undefined
  kafkaSaslPassword: string | undefined
}> = crossRule(
  'KAFKA_SASL_MECHANISM',
  'needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  (s) => !s.kafkaSaslMechanism || (!!s.kafkaSaslUsername && !!s.kafkaSaslPassword),
)

export const databaseSettings = {
  databaseUrl: secretSetting(
    'DATABASE_URL',
    required('postgres://… of the database `hooklane`'),
    'Database of Hooklane itself, not of the PIM.',
  ),
} as const

/** Keys of 32 bytes each, in base64, the newest first: the first key seals, every key opens. */
export const secretsSettings = {
  secretsKeys: secretSetting(
    'SECRETS_KEY',
    z
      .string({ error: 'is required: 32 random bytes in base64 (openssl rand -base64 32)' })
      .transform((value) =>
        value
          .split(/[\s,]+/)
          .filter((part) => part !== '')
          .map((part) => Buffer.from(part, 'base64')),
      )
      .refine((keys) => keys.length > 0 && keys.every((key) => key.length === 32), {
        error: 'must be keys of 32 bytes in base64, the newest first (openssl rand -base64 32)',
      })
      .describe('32 random bytes in base64 (`openssl rand -base64 32`); several separated by commas or blanks'),
    'Keys that seal (encrypt) signing secrets and secret headers in the database. The first key seals, every key opens. To rotate, put a new key first on every service, and keep each old key as long as a secret is sealed with it. If a key is lost, the secrets that it sealed cannot be read, and the lanes that need them wait.',
  ),
} as const

export const targetSettings = {
  allowTargets: setting(
    'ALLOW_TARGETS',
    z.string().default('').describe('comma-separated list of CIDRs, hosts and `host:port`'),
    'Targets that the address guard allows in addition to public addresses over https. For these targets, plain http is allowed, too. Leave it empty in production: each entry opens a way from a subscription into your network.',
  ),
  publicBaseUrl: setting(
    'PUBLIC_BASE_URL',
    z.url({ error: 'must be an absolute URL' }).default('http://localhost').describe('absolute URL'),
    'URL at which receivers reach this API. It is the base of `event.schema` in every envelope, and appears in the User-Agent.',
  ),
  headerPrefix: setting(
    'HEADER_PREFIX',
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,30}-$/, { error: 'must be letters, digits and dashes and end with a dash' })
      .default('Pim-')
      .describe('letters, digits and dashes, ends with a dash'),
    'Prefix of the product’s own headers on every request (`Pim-Sequence`, …). Changing it breaks receivers that read them.',
  ),
} as const
