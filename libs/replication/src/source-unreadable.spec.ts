import { describe, expect, it } from '@jest/globals'
import { DatabaseError } from 'pg'
import { databaseFailure } from './source-unreadable.js'

const failure = (code: string, message: string) => {
  const error = new DatabaseError(message, message.length, 'error')
  error.code = code
  return databaseFailure(error)
}

describe('a failure of the database', () => {
  it.each([
    ['28P01', 'password authentication failed', 'LOGIN_REFUSED', 'correct the user and the password'],
    ['3D000', 'database "x" does not exist', 'UNREACHABLE', 'correct the URL of the source'],
    ['08P01', 'unsupported startup parameter: options', 'DATABASE_ERROR', 'Name PostgreSQL itself in the source'],
    ['55006', 'replication slot "x" is active for PID 1', 'SLOT_ACTIVE', 'is active for PID 1'],
    ['53300', 'too many connections', 'DATABASE_ERROR', 'too many connections'],
  ])('with SQLSTATE %s (%s) is %s', (state, message, code, text) => {
    expect(failure(state, message)).toMatchObject({ code, message: expect.stringContaining(text) })
  })
})
