import { describe, expect, it } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { envelopeJsonSchema } from './envelope.js'

const published = new URL('../../../docs/reference/envelope.schema.json', import.meta.url)

describe('envelope schema', () => {
  // After a change of the schema: UPDATE_DOCS=1 npx jest --selectProjects unit --testPathPatterns envelope.spec
  it('the published file is the schema that the code uses', () => {
    const text = `${JSON.stringify(envelopeJsonSchema(), null, 2)}\n`
    if (process.env.UPDATE_DOCS === '1') writeFileSync(published, text)
    expect(readFileSync(published, 'utf8')).toBe(text)
  })
})
