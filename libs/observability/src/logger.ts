import { pino, type Logger as PinoLogger, type LoggerOptions } from 'pino'
import { LineOutput } from './line-output.js'
import { loggedError } from './logged-error.js'

/** Structured logger: one JSON object per line on standard output, up to `FLUSH_EVERY_MS` late. */
export type Logger = PinoLogger

/** Names whose values are never logged, in the logged object and one level below. */
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

const STANDARD_OUTPUT = 1
const FLUSH_EVERY_MS = 100
const FLUSH_AT = 8 * 1024

/** Caches the text of a timestamp, because under load several lines fall into one millisecond. */
function makeTimestamp(): () => string {
  let atMs = Number.NaN
  let text = ''
  return () => {
    const nowMs = Date.now()
    if (nowMs !== atMs) {
      atMs = nowMs
      text = `,"time":"${new Date(nowMs).toISOString()}"`
    }
    return text
  }
}

/**
 * Lines that cannot be written are lost; this affects neither the work nor the end of the process.
 * @param service name of the process in every line
 */
export function createLogger(service: string, level: string): Logger {
  const output = new LineOutput({ fd: STANDARD_OUTPUT, flushAt: FLUSH_AT, flushEveryMs: FLUSH_EVERY_MS })
  process.once('exit', () => output.flushSync())
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: makeTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'message',
    redact: { paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)], censor: '***' },
    serializers: { error: loggedError, err: loggedError, cause: loggedError },
  }
  return pino(options, output)
}

/**
 * Returns a logger that does not search its lines for secrets, because the search costs more than writing a line. Only for lines whose
 * fields are a closed set without secrets, such as the line per delivery.
 */
export const withoutRedaction = (logger: Logger): Logger => logger.child({}, { redact: [] })
