import { stdSerializers } from 'pino'

/**
 * Where database errors carry values: the parameters of a statement, and rows that broke a rule. They are what people and receivers wrote:
 * bodies, answers, keys. Statement, code and constraint say what went wrong without them.
 */
const VALUES: ReadonlySet<string> = new Set(['parameters', 'detail', 'where'])
/** Of causes within causes. */
const MAX_DEPTH = 8

/** An error as a log may hold it: with its causes, without values. What is no error stays what it is. */
export const loggedError = (error: unknown): unknown =>
  error instanceof Error ? withoutValues(stdSerializers.errWithCause(error), MAX_DEPTH) : error

function withoutValues(written: object, depthLeft: number): object {
  const members = Object.entries(written).map(([name, value]: [string, unknown]): [string, unknown] => {
    if (VALUES.has(name)) return [name, '***']
    const isError = typeof value === 'object' && value !== null && 'stack' in value
    return [name, isError && depthLeft > 0 ? withoutValues(value, depthLeft - 1) : value]
  })
  return Object.fromEntries(members)
}
