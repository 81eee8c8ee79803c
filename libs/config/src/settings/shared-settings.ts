import { z } from 'zod'
import { flag, integer, list, oneOf, optionalText, port, required, text } from './rules.js'
import type { CrossRule } from './read-settings.js'
import { secretSetting, setting } from './setting.js'

/** What every service reads. */
export const serviceSettings = {
  healthPort: setting(
    'HEALTH_PORT',
    port(8081),
    'Port of /health/live, /health/ready and /metrics; 0 takes a free one.',
  ),
  healthHost: setting('HEALTH_HOST', text('0.0.0.0'), 'Address on which health and metrics are served.'),
  logLevel: setting(
    'LOG_LEVEL',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info'),
    'Least level that is logged. A receiver’s failure is never logged above info.',
  ),
  drainLimitMs: setting(
    'DRAIN_LIMIT_MS',
    integer(40_000, 1_000, 600_000),
    'Milliseconds a service may take to end after SIGTERM. Too low cuts attempts off; must stay below the grace period of the platform.',
  ),
  httpProxy: setting(
    'HTTP_PROXY',
    noProxy(),
    'Not supported: it would go round the address guard. The service refuses to start.',
  ),
  httpsProxy: setting(
    'HTTPS_PROXY',
    noProxy(),
    'Not supported: it would go round the address guard. The service refuses to start.',
  ),
} as const

function noProxy() {
  return z.undefined({ error: 'must not be set: a proxy would go round the address guard; unset it for this process' })
}

export const kafkaSettings = {
  kafkaBrokers: setting('KAFKA_BROKERS', list(), 'Comma-separated host:port of the Kafka brokers.'),
  kafkaSsl: setting('KAFKA_SSL', flag(false), 'Connect to Kafka over TLS; certificates are verified.'),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'], { error: 'must be plain, scram-sha-256 or scram-sha-512' })
      .optional(),
    'SASL mechanism; unset: no authentication.',
  ),
  kafkaSaslUsername: setting('KAFKA_SASL_USERNAME', optionalText(), 'SASL user.'),
  kafkaSaslPassword: secretSetting('KAFKA_SASL_PASSWORD', optionalText(), 'SASL password.'),
  topicPrefix: setting(
    'TOPIC_PREFIX',
    z
      .string()
      .regex(/^[a-zA-Z0-9._-]{1,60}$/, { error: 'must be 1 to 60 letters, digits, dots, underscores or dashes' })
      .default('hooklane.'),
    'Begins the name of every topic, consumer group and transactional id: two systems on one cluster need two.',
  ),
  topicProfile: setting(
    'TOPIC_PROFILE',
    oneOf(['dev', 'prod'], 'dev'),
    'Partition counts for topics that are created; counts of existing topics are read from the cluster.',
  ),
} as const

/** SASL is complete or absent. */
export const saslIsComplete: CrossRule<{
  kafkaSaslMechanism: string | undefined
  kafkaSaslUsername: string | undefined
  kafkaSaslPassword: string | undefined
}> = (s) =>
  s.kafkaSaslMechanism && !(s.kafkaSaslUsername && s.kafkaSaslPassword)
    ? { key: 'KAFKA_SASL_MECHANISM', rule: 'needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD' }
    : null

export const databaseSettings = {
  databaseUrl: secretSetting(
    'DATABASE_URL',
    required('postgres://… of the database `hooklane`'),
    'Database of Hooklane itself.',
  ),
} as const

/** 32 bytes each, base64; the newest first: it seals, all of them open. */
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
        error: 'must be 32 bytes in base64 each, the newest key first (openssl rand -base64 32)',
      }),
    'Seals signing secrets and secret headers. Several keys, newest first, while rotating.',
  ),
} as const

export const targetSettings = {
  allowTargets: setting(
    'ALLOW_TARGETS',
    z.string().default(''),
    'CIDRs, hosts and host:port that the address guard lets through, plain http included. Empty in production.',
  ),
  publicBaseUrl: setting(
    'PUBLIC_BASE_URL',
    z.url({ error: 'must be an absolute URL' }).default('http://localhost'),
    'Where receivers find schemas: the base of event.schema in every envelope.',
  ),
  headerPrefix: setting(
    'HEADER_PREFIX',
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,30}-$/, { error: 'must be letters, digits and dashes and end with a dash' })
      .default('Pim-'),
    'Begins the product’s own headers on every request.',
  ),
} as const
