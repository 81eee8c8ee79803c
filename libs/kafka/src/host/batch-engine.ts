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
  /** Handles the partitions, except for their batches, which go to the handlers (`@OnBatch(role)`). */
  readonly reader: Omit<PartitionHandler, 'onBatch'>
  /** The role of each topic. A handler is found by the role, which is its pattern. */
  readonly roles: Readonly<Record<string, string>>
  readonly clock: Pick<Clock, 'after'>
  readonly reports: ConsumerReports
}

/**
 * Runs one consumer as a part of a Nest application. Each batch goes to the handler of its topic's role. The shutdown hooks of the
 * application stop the consumer step by step, so that all parts have finished their work before any part closes a connection.
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
