import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createPool, type PgPool } from '@hooklane/postgres'
import { createTestDatabase, type TestDatabase } from './test-database.js'

describe('connections of a pool', () => {
  let database: TestDatabase
  let pool: PgPool

  beforeAll(async () => {
    database = await createTestDatabase('lent')
    pool = createPool({ url: database.url, maxConnections: 2 })
  })

  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  it('one that is ended by the server between two statements of a transaction fails the next statement, and no process', async () => {
    const lent = await pool.connect()
    await lent.query('BEGIN')
    const { rows } = await lent.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    const ended = new Promise((resolve) => lent.once('end', () => resolve(undefined)))
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
    await ended
    await expect(lent.query('COMMIT')).rejects.toThrow()
    lent.release(true)
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })
})
