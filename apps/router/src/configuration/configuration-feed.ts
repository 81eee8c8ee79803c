import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common'
import type { TopicNames } from '@hooklane/contracts/records'
import { ConfigurationView } from '@hooklane/core/configuration'
import type { RoutingConfiguration } from '@hooklane/core/routing'
import { ConfigurationReader, type KafkaClient } from '@hooklane/kafka'
import { noteUndecodable } from '@hooklane/observability'
import type { ServiceContext } from '@hooklane/runtime'
import type { RouterMetrics } from '../metrics.js'

/** Follows the configuration topic and keeps `view` current, from before the first event is routed until after the last one. */
export class ConfigurationFeed implements RoutingConfiguration, OnApplicationBootstrap, OnApplicationShutdown {
  readonly view = new ConfigurationView()
  private readonly reader: ConfigurationReader
  private readonly context: ServiceContext
  private onChange = (): void => undefined

  constructor(
    client: KafkaClient,
    topics: TopicNames,
    { metrics, context }: { readonly metrics: RouterMetrics; readonly context: ServiceContext },
  ) {
    this.context = context
    this.reader = new ConfigurationReader(client, {
      topic: topics.subscriptions,
      groupPrefix: topics.group('router'),
      onRecord: (record) => {
        if (this.view.put(record)) this.onChange()
      },
      onUndecodable: (record, reason) => {
        metrics.incidents.inc({ kind: 'configuration_undecodable' })
        noteUndecodable(context.skips, record, reason)
      },
      onCrash: (error) => context.fail('the configuration topic can no longer be read', error),
    })
  }

  /** Sets the only listener, which is called when a record has changed the view. */
  listen(onChange: () => void): void {
    this.onChange = onChange
  }

  async onApplicationBootstrap(): Promise<void> {
    const { readiness } = this.context
    readiness.set('configuration', false, 'reading')
    await this.reader.start()
    await this.reader.caughtUp()
    readiness.set('configuration', true)
  }

  async onApplicationShutdown(): Promise<void> {
    await this.reader.stop()
  }

  caughtUp(): Promise<void> {
    return this.reader.readToEnd()
  }

  companyIds(): readonly string[] {
    return this.view.companyIds()
  }
}
