import { describe, expect, it } from '@jest/globals'
import { Controller, Module, type LoggerService, type OnApplicationShutdown } from '@nestjs/common'
import type { LogBatch } from '@hooklane/core/kernel'
import { handOver } from './hand-over.js'
import { TRANSPORT_ENGINE, type LogTransport, type LogTransportEngine } from './log-transport.js'
import { OnBatch } from './on-batch.js'
import { startConsumerService } from './start-consumer-service.js'

const batch = (partition: number): LogBatch => ({
  topic: 'events',
  partition,
  records: [],
  endOffset: 0n,
  highWatermark: 0n,
})

class Service {
  readonly steps: string[] = []
  readonly logged: string[] = []
}

@Controller()
class EventsController {
  constructor(private readonly service: Service) {}

  @OnBatch('events')
  onEvents({ partition }: LogBatch): void {
    if (partition === 13) throw new RangeError('partition 13')
    this.service.steps.push(`batch of ${partition}`)
  }
}

/** Records which hooks Nest calls, and in which order. */
class Engine implements LogTransportEngine, OnApplicationShutdown {
  transport!: LogTransport
  failure: Error | null = null

  constructor(private readonly steps: string[]) {}

  onApplicationBootstrap(): void {
    this.steps.push('bootstrap')
  }

  start(transport: LogTransport): Promise<void> {
    this.transport = transport
    this.steps.push('start')
    return this.failure ? Promise.reject(this.failure) : Promise.resolve()
  }

  stopReading(): void {
    this.steps.push('reads no more')
  }

  beforeApplicationShutdown(): void {
    this.steps.push('drained')
    if (this.failure) throw this.failure
  }

  onApplicationShutdown(): void {
    this.steps.push('closed')
  }

  handOver(one: LogBatch): Promise<void> {
    return handOver(one, this.transport.getHandlerByPattern('events') ?? undefined)
  }
}

@Module({})
class ServiceModule {}

function world() {
  const service = new Service()
  const engine = new Engine(service.steps)
  const log = (message: unknown): void => void service.logged.push(String(message))
  const logger: LoggerService = { log: () => undefined, warn: log, error: log }
  const start = () =>
    startConsumerService(
      {
        module: ServiceModule,
        controllers: [EventsController],
        providers: [
          { provide: Service, useValue: service },
          { provide: TRANSPORT_ENGINE, useValue: engine },
        ],
      },
      logger,
    )
  return { service, engine, start }
}

describe('a service that reads the log', () => {
  it('is started and ended in the order of the hooks', async () => {
    const { service, start } = world()
    const running = await start()
    await running.close()
    expect(service.steps).toEqual(['bootstrap', 'start', 'reads no more', 'drained', 'closed'])
  })

  it('a handler gets its batch in the tick in which `handOver` is called', async () => {
    const { service, engine, start } = world()
    const running = await start()
    const handled = engine.handOver(batch(1))
    service.steps.push('after')
    await handled
    expect(service.steps.slice(2)).toEqual(['batch of 1', 'after'])
    await running.close()
  })

  it('its engine gets the error that a handler throws', async () => {
    const { service, engine, start } = world()
    const running = await start()
    await expect(engine.handOver(batch(13))).rejects.toEqual(new RangeError('partition 13'))
    expect(service.logged).toEqual([])
    await running.close()
  })

  it('does not start when its engine does not, and says why', async () => {
    const { engine, start } = world()
    engine.failure = new Error('no broker')
    await expect(start()).rejects.toBe(engine.failure)
  })

  it('a failure during its shutdown is reported, and does not prevent the other hooks', async () => {
    const { service, engine, start } = world()
    const running = await start()
    engine.failure = new Error('a lease could not be freed')
    await expect(running.close()).rejects.toBe(engine.failure)
    expect(service.steps.at(-1)).toBe('closed')
    expect(service.logged.join()).toContain('a lease could not be freed')
  })
})
