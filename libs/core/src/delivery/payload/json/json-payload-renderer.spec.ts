import { describe, expect, it } from '@jest/globals'
import { envelopeJsonSchema, type Envelope, type JsonObject } from '@hooklane/contracts/public'
import type { DeliveryRecord } from '@hooklane/contracts/records'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Addressee } from '../addressee.js'
import type { DeliveryPlace } from '../payload-renderer.js'
import { JsonPayloadRenderer } from './json-payload-renderer.js'

const delivery: DeliveryRecord = {
  id: 'evt_9C2F',
  producer: 'pim',
  type: 'products.updated',
  companyId: 'cmp_7',
  subscriptionId: null,
  entity: { type: 'product', id: 'prd_9001', key: 'LAMP-204', url: 'https://pim.example.com/api/v1/products/prd_9001' },
  occurredAt: '2026-03-02T08:15:04.211Z',
  revision: {
    id: '0001-000000000152BAC0-000000000152BA40-0002-0',
    operation: 'update',
    number: 43,
    previous: 40,
    at: '2026-03-02T08:15:04.190Z',
    changed: ['/price/EUR'],
    changes: [{ op: 'replace', path: '/price/EUR', before: '89.00', after: '79.00' }],
    actor: { type: 'user', id: 'usr_5', name: 'M. Holm' },
    source: { kind: 'import', id: 'imp_77', app: null, hops: 0 },
    correlationId: 'imp_77',
    causationId: null,
    transaction: { id: '812', index: 2, size: 3 },
    stateHash: 'sha-256:9f2c',
  },
  batch: { id: 'imp_77', kind: 'import' },
  data: { id: 'prd_9001', sku: 'LAMP-204', price: { EUR: '79.00' } },
  order: { epoch: 3, sequence: 18451 },
}

/** What a body is made of, before the event's part of it is written. */
type Sources = Addressee &
  Pick<DeliveryPlace, 'deliveryId' | 'previous' | 'skipped'> & { readonly delivery: DeliveryRecord }

const parts: Sources = {
  delivery,
  subscription: { id: 'sub_31', workflow: { id: 'wf_11', name: 'Products to Shopware DE' } },
  app: { id: 'app_42', type: 'shopware', name: 'Nordlys DE' },
  company: { id: 'cmp_7', name: 'Nordlys Living A/S' },
  deliveryId: 'msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C',
  previous: 18450n,
  skipped: [],
  reason: 'event',
  worker: 'dedicated',
}

const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(envelopeJsonSchema())
const renderer = new JsonPayloadRenderer('https://pim.example.com/')
const rendered = ({ delivery, ...rest }: Sources) => {
  const { order, ...event } = delivery
  return renderer.render(event, rest, { ...rest, order }).body
}
const render = (change: Partial<Sources> = {}) => rendered({ ...parts, ...change }).toString('utf8')
const parse = (change: Partial<Sources> = {}) => {
  const value = JSON.parse(render(change)) as Envelope
  validate(value)
  expect(validate.errors ?? []).toEqual([])
  return value
}

describe('envelope', () => {
  it('holds every member in the order of the reference', () => {
    expect(render()).toBe(
      '{"id":"msg_01JZ8Q4T6W2K5V9M3N7R1X0B4C","type":"products.updated","timestamp":"2026-03-02T08:15:04.211Z","version":"1",' +
        '"company":{"id":"cmp_7","name":"Nordlys Living A/S"},"app":{"id":"app_42","type":"shopware","name":"Nordlys DE"},' +
        '"event":{"id":"evt_9C2F","name":"products.updated","resource":"products","action":"updated","schema":"https://pim.example.com/schemas/products.updated/1"},' +
        '"workflow":{"id":"wf_11","name":"Products to Shopware DE","subscriptionId":"sub_31","reason":"event","worker":"dedicated"},' +
        '"entity":{"type":"product","id":"prd_9001","key":"LAMP-204","url":"https://pim.example.com/api/v1/products/prd_9001"},' +
        '"revision":{"id":"0001-000000000152BAC0-000000000152BA40-0002-0","number":43,"previous":40,"operation":"update","at":"2026-03-02T08:15:04.190Z",' +
        '"actor":{"type":"user","id":"usr_5","name":"M. Holm"},"source":{"kind":"import","id":"imp_77","app":null,"hops":0},' +
        '"correlationId":"imp_77","causationId":null,"changed":["/price/EUR"],' +
        '"changes":[{"op":"replace","path":"/price/EUR","before":"89.00","after":"79.00"}],"coalesced":null,"stateHash":"sha-256:9f2c"},' +
        '"order":{"stream":"app_42","epoch":3,"sequence":18451,"previous":18450,"skipped":[]},' +
        '"batch":{"id":"imp_77","kind":"import"},' +
        '"data":{"id":"prd_9001","sku":"LAMP-204","price":{"EUR":"79.00"}}}',
    )
    parse()
  })

  it('is JSON, and says so', () => {
    const { order, ...event } = delivery
    expect(renderer.render(event, parts, { ...parts, order }).contentType).toBe('application/json')
  })

  it('is the same bytes on every attempt, of an event that is known and of one that is not', () => {
    expect(rendered(parts).equals(rendered(structuredClone(parts)))).toBe(true)
  })

  it('writes null where an upstream service said nothing', () => {
    const { revision, entity } = parse({
      delivery: {
        ...delivery,
        entity: { type: 'product', id: '1' },
        revision: { id: '7', operation: 'update' },
      },
      company: { id: 'cmp_7', name: null },
    })
    expect(entity).toEqual({ type: 'product', id: '1', key: null, url: null })
    expect(revision).toEqual({
      ...{ id: '7', number: null, previous: null, operation: 'update', at: null, actor: null, source: null },
      ...{ correlationId: null, causationId: null, changed: null, changes: null, coalesced: null, stateHash: null },
    })
  })

  it('completes an actor and a source of which only a part is known', () => {
    const { revision } = parse({
      delivery: {
        ...delivery,
        revision: { id: '7', operation: 'delete', actor: { id: 'u' }, source: { kind: 'api' } },
      },
    })
    expect(revision!.actor).toEqual({ type: null, id: 'u', name: null })
    expect(revision!.source).toEqual({ kind: 'api', id: null, app: null, hops: null })
  })

  it('a process event has no revision and says so', () => {
    const value = parse({
      delivery: { ...delivery, type: 'channels.processed', revision: null, batch: null, data: null },
    })
    expect(value.revision).toBeNull()
    expect(value.covers).toBeNull()
    expect(value.batch).toBeNull()
    expect(value.data).toBeNull()
  })

  it('says what became of the numbers that never came, ranges included', () => {
    const { order } = parse({
      previous: 18400n,
      skipped: [
        { sequence: 18401n, to: 18449n, id: null, status: 'expired', reason: 'retention' },
        { sequence: 18450n, id: 'msg_X', status: 'deadLettered', reason: 'http_422' },
      ],
    })
    expect(order!.previous).toBe(18400)
    expect(order!.skipped).toEqual([
      { sequence: 18401, to: 18449, status: 'expired', reason: 'retention' },
      { sequence: 18450, id: 'msg_X', status: 'deadLettered', reason: 'http_422' },
    ])
  })

  it('divides a type of several dots at the last one, and names what was left out of a large event', () => {
    const value = parse({
      delivery: {
        ...delivery,
        type: 'products.prices.updated',
        revision: { id: '7', operation: 'update', omitted: ['/description'] },
      },
    })
    expect(value.event.resource).toBe('products.prices')
    expect(value.event.action).toBe('updated')
    expect(value.revision!.omitted).toEqual(['/description'])
  })

  it('survives hostile text', () => {
    const value = parse({
      delivery: { ...delivery, data: JSON.parse('{"__proto__":{"x":1},"\\ud800":"\\u2028","1":2}') as JsonObject },
    })
    expect(Object.keys(value.data!)).toContain('__proto__')
  })

  it('its schema notices each member that is missing', () => {
    const whole = JSON.parse(render()) as JsonObject
    const members = (value: JsonObject, path: string[]): string[][] =>
      Object.entries(value).flatMap(([key, inner]) => {
        const isOpen = key === 'data' || Array.isArray(inner) || inner === null || typeof inner !== 'object'
        return isOpen ? [[...path, key]] : [[...path, key], ...members(inner, [...path, key])]
      })
    const paths = members(whole, [])
    expect(paths.length).toBeGreaterThan(50)
    for (const path of paths) {
      const copy = structuredClone(whole)
      const parent = path.slice(0, -1).reduce((value, key) => value[key] as JsonObject, copy)
      Reflect.deleteProperty(parent, path.at(-1)!)
      expect({ path, valid: validate(copy) }).toEqual({ path, valid: false })
    }
  })
})
