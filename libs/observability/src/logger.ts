import { pino, stdSerializers, type Logger as PinoLogger } from 'pino'

/** Structured logger: one JSON object per line on standard output. */
export type Logger = PinoLogger

/** Names whose values never reach a log, wherever they stand in an object (two levels deep). */
const SECRET_KEYS = [
  'authorization',
  'secret',
  'secrets',
  'password',
  'apiKey',
  'operatorKey',
  'secretsKeys',
  'databaseUrl',
  'signature',
]

/** @param service name of the process in every line */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'message',
    redact: { paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)], censor: '***' },
    serializers: { error: stdSerializers.errWithCause, err: stdSerializers.errWithCause },
  })
}
