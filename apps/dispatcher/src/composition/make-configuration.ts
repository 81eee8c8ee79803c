import type { TopicNames } from '@hooklane/contracts'
import type { ConfigurationRecord, ConfigurationView } from '@hooklane/core'
import { ConfigurationReader, type KafkaClient } from '@hooklane/kafka'
import { noteUndecodable } from '@hooklane/observability'
import type { ServiceContext } from '@hooklane/runtime'
import { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { OpenSessions } from '../engine/open-sessions.js'
import type { DispatcherMetrics } from '../metrics.js'

export interface ConfigurationReaderParts {
  readonly names: TopicNames
  readonly view: ConfigurationView
  readonly metrics: DispatcherMetrics
  /** Hears of every record that changed the view. */
  readonly onChange: (record: ConfigurationRecord) => void
}

/** Follows the configuration topic into the view. */
export function makeConfigurationReader(
  kafka: KafkaClient,
  { names, view, metrics, onChange }: ConfigurationReaderParts,
  context: ServiceContext,
): ConfigurationReader {
  return new ConfigurationReader(kafka, {
    topic: names.subscriptions,
    groupPrefix: names.group('dispatcher'),
    onRecord: (record) => {
      if (view.put(record)) onChange(record)
    },
    onUndecodable: (record, reason) => {
      metrics.alarms.inc({ kind: 'undecodable' })
      noteUndecodable(context.skips, record, reason)
    },
    onCrash: (error) => context.fail('the configuration could not be followed any more', error),
  })
}

export function makeGate(
  view: ConfigurationView,
  configuration: ConfigurationReader,
  open: OpenSessions,
  { logger }: ServiceContext,
): ConfigurationGate {
  return new ConfigurationGate({
    view,
    readToEnd: () => configuration.readToEnd(),
    onRead: () => open.configurationRead(),
    onFailure: (error) => logger.warn({ error }, 'the configuration could not be read further; trying again'),
  })
}
