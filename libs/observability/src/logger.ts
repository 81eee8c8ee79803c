import { pino, type Logger as PinoLogger, type LoggerOptions } from 'pino'
import { LineOutput } from './line-output.js'
import { loggedError } from './logged-error.js'

/** Structured logger: one JSON object per line on standard output, up to `FLUSH_EVERY_MS` late. */
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

const STANDARD_OUTPUT = 1
const FLUSH_EVERY_MS = 100
const FLUSH_AT = 8 * 1024

/** Lines of one millisecond share their text: under load there are several. */
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
 * Lines that cannot be written are lost; the process goes on, and ends when it is told to.
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
 * For lines whose fields are a closed set that holds no secret: they are not searched for any, which costs more than writing them. For what is logged
 * per delivery.
 */
export const withoutRedaction = (logger: Logger): Logger => logger.child({}, { redact: [] })
