import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { FAULT_CODES, PROBLEM_CODES, PROBLEMS } from '../../../apps/subscription-service/src/http/problem-catalogue.js'
import { ApiWorld } from './api-world.js'
import type { DocumentedApi, OpenApiDocument, OperationNode } from './documented-api.js'

describe('the OpenAPI document', () => {
  let world: ApiWorld
  let api: DocumentedApi
  let document: OpenApiDocument
  beforeAll(async () => {
    world = await ApiWorld.open()
    api = world.documented
    document = api.document
  })
  afterAll(() => world.close())

  const mediaOf = (operation: OperationNode) =>
    [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
      Object.entries(part?.content ?? {}),
    )

  it('is valid OpenAPI 3.1 by the schemas of the specification', async () => {
    const result = await new Validator().validate(structuredClone(document))
    expect(result).toMatchObject({ valid: true })
    expect(document.openapi).toBe('3.1.0')
  })

  it('has no reference that leads nowhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!)
    expect(references.length).toBeGreaterThan(100)
    const leadsTo = (reference: string) =>
      reference
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
    expect(references.filter((reference) => leadsTo(reference) === undefined)).toEqual([])
  })

  it('every operation says in words what it does, who may call it, and has an id of its own', () => {
    for (const { method, path, operation } of api.operations) {
      const { summary = '', description = '', security = [] } = operation
      expect([method, path, summary.length > 5, description.length > 5, security.length > 0]).toEqual([
        method,
        path,
        true,
        true,
        true,
      ])
    }
    const ids = api.operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('every body has an example, and every example fits its schema', () => {
    let checked = 0
    for (const { method, path, operation } of api.operations) {
      for (const [type, media] of mediaOf(operation)) {
        const shared = Object.keys(media.examples ?? {}).map((code) => document.components.examples[code]!.value)
        const examples = media.example === undefined ? shared : [media.example, ...shared]
        expect([method, path, type, examples.length > 0]).toEqual([method, path, type, true])
        for (const example of examples) expect([path, api.faultsOf(media.schema, example)]).toEqual([path, null])
        checked += examples.length
      }
    }
    expect(checked).toBeGreaterThan(300)
  })

  it('an example that does not fit its schema is found', () => {
    const { responses } = document.paths['/v1/apps/{id}']!.get!
    const { schema, example } = responses['200']!.content!['application/json']!
    expect(api.faultsOf(schema, { ...(example as object), name: 7 })).toContain('name')
    expect(api.faultsOf(schema, { ...(example as object), externalId: ['shop-de'] })).toContain('externalId')
  })

  it('every code that the API can answer stands at an operation, with its status and an example', () => {
    const documented = new Map<string, Set<string>>()
    for (const { operation } of api.operations) {
      for (const [status, answer] of Object.entries(operation.responses)) {
        for (const code of Object.keys(answer.content?.['application/problem+json']?.examples ?? {})) {
          documented.set(code, new Set([...(documented.get(code) ?? []), status]))
        }
      }
    }
    for (const code of PROBLEM_CODES) {
      expect([code, [...(documented.get(code) ?? [])]]).toEqual([code, [String(PROBLEMS[code].status)]])
    }
    expect(Object.keys(document.components.examples).sort()).toEqual([...PROBLEM_CODES].sort())
    const text = JSON.stringify(document.components.schemas.Problem)
    expect(FAULT_CODES.filter((code) => !text.includes(`"${code}"`))).toEqual([])
  })

  it('headers stand where they are needed: keys of idempotency, versions, times to wait', () => {
    for (const { method, path, operation } of api.operations) {
      const parameters = (operation.parameters ?? []).map((one) => one.$ref?.split('/').at(-1) ?? one.name)
      expect([path, parameters.includes('Idempotency-Key')]).toEqual([path, method === 'POST'])
      const isVersioned = /^\/v1\/(companies|apps|subscriptions)\/\{id\}/.test(path)
      if (isVersioned && method !== 'GET')
        expect([path, parameters]).toEqual([path, expect.arrayContaining(['If-Match'])])
      if (isVersioned && method === 'GET') expect(operation.responses['200']!.headers).toHaveProperty('ETag')
      for (const status of ['429', '503']) expect(operation.responses[status]!.headers).toHaveProperty('Retry-After')
    }
  })

  it('an answer that is not documented is noticed by whoever asks for it in these tests', () => {
    const seen = { method: 'GET', path: '/v1/apps', contentType: 'application/json', headers: new Headers() }
    expect(api.faultOf({ ...seen, status: 418, body: {} })).toContain('not documented')
    expect(api.faultOf({ ...seen, status: 200, body: { data: [{}], nextCursor: null } })).toContain('required')
    const problem = { type: 'x', title: 'x', status: 404, code: 'NOT_FOUND', detail: 'x', errors: [] }
    const answer = { ...seen, status: 400, contentType: 'application/problem+json' }
    expect(api.faultOf({ ...answer, body: problem })).toContain('allowed values')
  })
})
