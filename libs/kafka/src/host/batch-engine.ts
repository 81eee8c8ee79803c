import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common'
import type { MessageHandler } from '@nestjs/microservices'
import type { Clock } from '@hooklane/core/kernel'
import type { ConsumerHost } from './consumer-host.js'
import { handOver } from './hand-over.js'
import type { LogTransport, LogTransportEngine } from './log-transport.js'
import type { PartitionHandler } from './partition-handler.js'
import { watchConsumers, type ConsumerReports } from './watch-consumers.js'

export interface BatchEngineOptions {
  readonly host: ConsumerHost
  /** The reader of the partitions. Batches go to the handlers (`@OnBatch(role)`) instead. */
  readonly reader: Omit<PartitionHandler, 'onBatch'>
  /** The role of each topic, which is the pattern of its handler. */
  readonly roles: Readonly<Record<string, string>>
  readonly clock: Pick<Clock, 'after'>
  readonly reports: ConsumerReports
}

/**
 * Runs one consumer as a part of a Nest application. Its batches go to the handlers of their topics' roles. The shutdown hooks of the
 * application stop it step by step, so that all parts have finished their work before any part closes a connection.
 */
export class BatchEngine implements LogTransportEngine, BeforeApplicationShutdown, OnApplicationShutdown {
  private stopWatching = (): void => undefined

  constructor(private readonly options: BatchEngineOptions) {}

  /** @throws Error when a topic has no handler */
  async start(transport: LogTransport): Promise<void> {
    const { host, reader, roles, clock, reports } = this.options
    const handlers = new Map(Object.entries(roles).map(([topic, role]) => [topic, handlerOf(transport, role)]))
    await host.start({
      onAssigned: (assignment) => reader.onAssigned(assignment),
      positionOf: (at) => reader.positionOf(at),
      onBatch: (batch) => handOver(batch, handlers.get(batch.topic)),
      lagRecords: () => reader.lagRecords(),
      drain: () => reader.drain(),
    })
    this.stopWatching = watchConsumers(clock, () => [host], reports)
  }

  stopReading(): void {
    this.stopWatching()
    this.options.host.stopReading()
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.options.host.drain()
  }

  onApplicationShutdown(): Promise<void> {
    return this.options.host.leave()
  }
}

function handlerOf(transport: LogTransport, role: string): MessageHandler {
  const handler = transport.getHandlerByPattern(role)
  if (!handler) throw new Error(`no handler takes the batches of ${role}`)
  return handler
}
