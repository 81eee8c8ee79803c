import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { envelopeJsonSchema } from './envelope.js'

const published = new URL('../../../../docs/reference/envelope.schema.json', import.meta.url)

describe('envelope schema', () => {
  // After a change of the schema: npm run docs
  it('the published file is the schema that the code uses', () => {
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(envelopeJsonSchema())
  })
})
