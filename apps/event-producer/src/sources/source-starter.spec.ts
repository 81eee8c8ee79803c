import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { parseCaptureFile } from '@hooklane/config'
import { createLogger, createRegistry, Readiness } from '@hooklane/observability'
import { eventProducerMetrics } from '../metrics.js'
import { SourceStarter } from './source-starter.js'

const LONG_ENOUGH_MS = 10_000

const source = (name: string, database: string, resource = 'items'): string => `
  - name: ${name}
    database: postgres://db/${database}
    slot: of_${database}
    publication: of_${database}
    company: { value: c-1 }
    tables: { public.item: { resource: ${resource}, entity: item, id: id } }`

/** What is started, as name and database, while the file changes. */
function look(first: string) {
  let text = first
  const started: string[] = []
  const readiness = new Readiness()
  const sources = new SourceStarter({
    read: () => parseCaptureFile(`sources:${text}\n`, { topicPrefix: 'x.' }),
    start: ({ name, database }) => started.push(`${name} of ${database.split('/').at(-1)}`),
    metrics: eventProducerMetrics(createRegistry('event-producer')),
    readiness,
    logger: createLogger('test', 'fatal'),
  })
  sources.look()
  const write = (next: string) => {
    text = next
    jest.advanceTimersByTime(LONG_ENOUGH_MS)
  }
  const part = () => readiness.report().parts['capture file']
  return { sources, started, write, part }
}

describe('the sources of the capture file', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  it('are started when their faults are fixed', () => {
    const { started, write, part } = look(source('pim', 'one') + source('shop', 'two', '7bad!'))
    expect(started).toEqual(['pim of one'])
    expect(part()?.ready).toBe(false)
    write(source('pim', 'one') + source('shop', 'two'))
    expect(started).toEqual(['pim of one', 'shop of two'])
    expect(part()).toEqual({ ready: true })
  })

  it('are no longer started when the name of a running source belongs to another database: it would be published twice', () => {
    const { sources, started, write, part } = look(source('pim', 'one') + source('pim', 'two'))
    expect(started).toEqual(['pim of one'])
    write(source('pim_a', 'one') + source('pim', 'two'))
    expect(started).toEqual(['pim of one'])
    expect(part()).toEqual({
      ready: false,
      detail:
        'the capture file no longer defines pim the way it is currently being captured, so no other source is started: put the ' +
        'definition back, or restart the event-producer',
    })
    write(source('pim', 'one') + source('pim_b', 'two'))
    expect(started).toEqual(['pim of one', 'pim_b of two'])
    expect(part()).toEqual({ ready: true })
    sources.stop()
  })

  it('are no longer started when a running source has another name', () => {
    const { sources, started, write } = look(source('pim', 'one') + source('shop', 'two', '7bad!'))
    write(source('pim_a', 'one') + source('shop', 'two'))
    expect(started).toEqual(['pim of one'])
    sources.stop()
  })
})
