#!/usr/bin/env node
/** `npm run sql -- "UPDATE …"`: runs SQL in the sample PIM of the running local system, for machines without a Postgres client. */
import '../stack/require-node.mjs'
import pg from 'pg'
import { readStack } from '../stack/index.mjs'

const statement = process.argv.slice(2).join(' ').trim()
if (statement === '') {
  console.error('npm run sql -- "UPDATE product SET price = price + 1 WHERE id = \'prd_8995\'"')
  process.exit(2)
}
const stack = await readStack()
if (stack === null) {
  console.error('No local system is running here: npm start')
  process.exit(1)
}
const url = new URL(stack.databaseUrl)
url.pathname = '/sample_pim'
const client = new pg.Client({ connectionString: url.href })
try {
  await client.connect()
  const results = [await client.query(statement)].flat()
  for (const { command, rowCount, rows } of results) {
    if (rows.length > 0) console.table(rows)
    else console.log(`${command} ${rowCount ?? ''}`.trim())
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await client.end()
}
