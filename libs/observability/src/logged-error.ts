import { stdSerializers } from 'pino'

/**
 * Members of database errors that contain values: the parameters of a statement, and rows that violated a constraint. The values come from
 * users and receivers: bodies, answers, keys. The statement, the code and the constraint explain the error without them.
 */
const VALUES: ReadonlySet<string> = new Set(['parameters', 'detail', 'where'])
/** Maximum depth of nested causes. */
const MAX_DEPTH = 8

/** Converts an error to what a log may contain: its causes, but no values. Returns anything else unchanged. */
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
