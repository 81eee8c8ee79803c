import { Module, type DynamicModule, type Provider } from '@nestjs/common'
import { topicNames } from '@hooklane/contracts/records'
import type { PartitionRouterSettings } from '@hooklane/core/routing'
import { BatchEngine, ConsumerHost, TRANSPORT_ENGINE } from '@hooklane/kafka/host'
import { ConsumerReport, consumerMetrics, type ConsumerMetrics } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import { KafkaRouterLog } from './composition/kafka-router-log.js'
import { makeHost } from './composition/make-host.js'
import { makeRouter } from './composition/make-router.js'
import { RouterClient } from './composition/router-client.js'
import { routingSettings } from './composition/routing-settings.js'
import { ConfigurationFeed } from './configuration/configuration-feed.js'
import { EventsController } from './events.controller.js'
import { createRouterMetrics, type RouterMetrics } from './metrics.js'
import { AssignedPartitions } from './partitions/assigned-partitions.js'
import type { RouterSettings } from './settings.js'

const METRICS = Symbol('metrics of the router')
const CONSUMERS = Symbol('metrics of its consumer')
const ROUTING = Symbol('how partitions are routed')

/** Composition root: binds the consumer of events, the configuration feed and the writers. */
@Module({})
export class RouterModule {
  static of(settings: RouterSettings, context: ServiceContext): DynamicModule {
    return {
      module: RouterModule,
      controllers: [EventsController],
      providers: [
        { provide: METRICS, useValue: createRouterMetrics(context.registry) },
        { provide: CONSUMERS, useValue: consumerMetrics(context.registry) },
        ...kafkaProviders(settings, context),
        ...routingProviders(settings, context),
      ],
    }
  }
}

/** The Kafka client, and everything that reads from Kafka or queries it. */
function kafkaProviders(settings: RouterSettings, context: ServiceContext): Provider[] {
  const topics = topicNames(settings.topicPrefix)
  return [
    {
      provide: RouterClient,
      useFactory: (metrics: RouterMetrics) => new RouterClient(settings, context.logger, metrics),
      inject: [METRICS],
    },
    {
      provide: KafkaRouterLog,
      useFactory: ({ kafka }: RouterClient) => new KafkaRouterLog(kafka, topics),
      inject: [RouterClient],
    },
    {
      provide: ConfigurationFeed,
      useFactory: ({ kafka }: RouterClient, metrics: RouterMetrics) =>
        new ConfigurationFeed(kafka, topics, { metrics, context }),
      inject: [RouterClient, METRICS],
    },
    {
      provide: ConsumerHost,
      useFactory: (consumers: ConsumerMetrics, { kafka }: RouterClient) =>
        makeHost(settings, context, { kafka, consumers }),
      inject: [CONSUMERS, RouterClient],
    },
  ]
}

function routingProviders(settings: RouterSettings, context: ServiceContext): Provider[] {
  const topics = topicNames(settings.topicPrefix)
  return [
    {
      provide: ROUTING,
      useFactory: (log: KafkaRouterLog) => routingSettings(settings, log, topics),
      inject: [KafkaRouterLog],
    },
    {
      provide: AssignedPartitions,
      useFactory: (
        client: RouterClient,
        log: KafkaRouterLog,
        host: ConsumerHost,
        configuration: ConfigurationFeed,
        routing: PartitionRouterSettings,
        metrics: RouterMetrics,
        consumers: ConsumerMetrics,
      ) => makeRouter(settings, context, { client, log, host, configuration, routing, metrics, consumers }),
      inject: [RouterClient, KafkaRouterLog, ConsumerHost, ConfigurationFeed, ROUTING, METRICS, CONSUMERS],
    },
    {
      provide: TRANSPORT_ENGINE,
      useFactory: (host: ConsumerHost, reader: AssignedPartitions, consumers: ConsumerMetrics) =>
        new BatchEngine({
          host,
          reader,
          roles: { [topics.events]: 'events', [topics.routerState]: 'router-state' },
          clock: systemClock,
          reports: new ConsumerReport(consumers, context.readiness, settings.sessionTimeoutMs),
        }),
      inject: [ConsumerHost, AssignedPartitions, CONSUMERS],
    },
  ]
}
