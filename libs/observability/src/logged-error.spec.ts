import { describe, expect, it } from '@jest/globals'
import { loggedError } from './logged-error.js'

const databaseError = () =>
  Object.assign(new Error('null value in column "a"'), {
    code: '23502',
    detail: 'Failing row contains (CANARY)',
    where: 'COPY x, line 1: "CANARY"',
  })
const failedQuery = () =>
  Object.assign(new Error('the query failed'), {
    query: 'INSERT INTO x VALUES ($1)',
    parameters: ['CANARY'],
    driverError: databaseError(),
    detail: 'Failing row contains (CANARY)',
  })

describe('an error in the log', () => {
  it.each([
    ['by itself', failedQuery()],
    ['as a cause', new Error('a request failed', { cause: failedQuery() })],
    ['as the cause of a cause', new Error('a', { cause: new Error('b', { cause: failedQuery() }) })],
  ])('never holds the values of a statement that failed: %s', (_where, error) => {
    const written = JSON.stringify(loggedError(error))
    expect(written).not.toContain('CANARY')
    expect(written).toContain('INSERT INTO x VALUES ($1)')
    expect(written).toContain('23502')
  })

  it('contains its type, its stack and its causes', () => {
    const error = new TypeError('no', { cause: new Error('because') })
    expect(loggedError(error)).toMatchObject({ type: 'TypeError', message: 'no', stack: error.stack })
    expect(JSON.stringify(loggedError(error))).toContain('because')
  })

  it.each([null, undefined, 'text', 7, { parameters: 1 }])('stays the same when it is not an error: %j', (value) => {
    expect(loggedError(value)).toBe(value)
  })
})
