import { Module, type DynamicModule } from '@nestjs/common'
import { topicNames } from '@hooklane/contracts/records'
import { BatchEngine, ConsumerHost, TRANSPORT_ENGINE } from '@hooklane/kafka/host'
import { ConsumerReport, consumerMetrics, type ConsumerMetrics } from '@hooklane/observability'
import { DeliveryLogWriter } from '@hooklane/postgres'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import { AttemptsController } from './attempts.controller.js'
import { Connections } from './connections.js'
import { DaysAhead } from './days-ahead.js'
import { makeHost, SESSION_TIMEOUT_MS } from './make-host.js'
import { makeRecorder } from './make-recorder.js'
import { recorderMetrics, type RecorderMetrics } from './metrics.js'
import { Recorder } from './recorder.js'
import type { RecorderSettings } from './settings.js'

const METRICS = Symbol('metrics of the recorder')
const CONSUMERS = Symbol('metrics of its consumer')

/** Composition root: binds the consumer of the dispatchers' reports and the writer of the delivery log. */
@Module({})
export class RecorderModule {
  static of(settings: RecorderSettings, context: ServiceContext): DynamicModule {
    const { logger, registry, readiness } = context
    const names = topicNames(settings.topicPrefix)
    return {
      module: RecorderModule,
      controllers: [AttemptsController],
      providers: [
        { provide: METRICS, useValue: recorderMetrics(registry) },
        { provide: CONSUMERS, useValue: consumerMetrics(registry) },
        { provide: Connections, useFactory: () => new Connections(settings, logger) },
        {
          provide: DeliveryLogWriter,
          useFactory: ({ pool }: Connections, metrics: RecorderMetrics) =>
            new DeliveryLogWriter(pool, (records) => metrics.leftOut.inc(records)),
          inject: [Connections, METRICS],
        },
        {
          provide: DaysAhead,
          useFactory: (writer: DeliveryLogWriter) => new DaysAhead(writer, logger),
          inject: [DeliveryLogWriter],
        },
        {
          provide: ConsumerHost,
          useFactory: (consumers: ConsumerMetrics, connections: Connections) =>
            makeHost(settings, context, { connections, consumers }),
          inject: [CONSUMERS, Connections],
        },
        {
          provide: Recorder,
          useFactory: (
            connections: Connections,
            writer: DeliveryLogWriter,
            host: ConsumerHost,
            metrics: RecorderMetrics,
            consumers: ConsumerMetrics,
          ) => makeRecorder(settings, context, { connections, writer, host, metrics, consumers }),
          inject: [Connections, DeliveryLogWriter, ConsumerHost, METRICS, CONSUMERS],
        },
        {
          provide: TRANSPORT_ENGINE,
          useFactory: (host: ConsumerHost, reader: Recorder, consumers: ConsumerMetrics) =>
            new BatchEngine({
              host,
              reader,
              roles: { [names.attempts]: 'attempts', [names.deadLetters]: 'dead-letters' },
              clock: systemClock,
              reports: new ConsumerReport(consumers, readiness, SESSION_TIMEOUT_MS),
            }),
          inject: [ConsumerHost, Recorder, CONSUMERS],
        },
      ],
    }
  }
}
