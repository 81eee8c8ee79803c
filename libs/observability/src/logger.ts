import { destination, pino, stdSerializers, type Logger as PinoLogger, type LoggerOptions } from 'pino'

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

/** A line waits at most this long for others to be written with it. Lower: a system call per line. Higher: a process that is killed takes more with it. */
const FLUSH_EVERY_MS = 100
/** Bytes of waiting lines that are written at once. */
const FLUSH_BYTES = 8 * 1024

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

/** @param service name of the process in every line */
export function createLogger(service: string, level: string): Logger {
  const output = destination({ dest: 1, sync: true, minLength: FLUSH_BYTES, periodicFlush: FLUSH_EVERY_MS })
  process.once('exit', () => output.flushSync())
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: makeTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'message',
    redact: { paths: [...SECRET_KEYS, ...SECRET_KEYS.map((key) => `*.${key}`)], censor: '***' },
    serializers: { error: stdSerializers.errWithCause, err: stdSerializers.errWithCause },
  }
  return pino(options, output)
}

/**
 * For lines whose fields are a closed set that holds no secret: they are not searched for any, which costs more than writing them. For what is logged
 * per delivery.
 */
export const withoutRedaction = (logger: Logger): Logger => logger.child({}, { redact: [] })
