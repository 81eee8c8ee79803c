import type { TopicNames } from '@hooklane/contracts/records'
import type { ConfigurationRecord, ConfigurationView } from '@hooklane/core/configuration'
import type { LaneStore } from '@hooklane/core/lane'
import type { OpenSessions } from '@hooklane/dispatch'
import { ConfigurationReader, type KafkaClient } from '@hooklane/kafka'
import { noteUndecodable } from '@hooklane/observability'
import { systemClock, type ServiceContext } from '@hooklane/runtime'
import { ConfigurationGate } from '../configuration/configuration-gate.js'
import { PredecessorGate } from '../configuration/predecessor-gate.js'
import type { DispatcherMetrics } from '../metrics.js'

export interface ConfigurationReaderParts {
  readonly names: TopicNames
  readonly view: ConfigurationView
  readonly metrics: DispatcherMetrics
  /** Called with every record that changed the view. */
  readonly onChange: (record: ConfigurationRecord) => void
}

/** Makes the reader that follows the configuration topic and keeps the view current. */
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
    onCrash: (error) => context.fail('the configuration topic can no longer be read', error),
  })
}

export interface GateParts {
  readonly view: ConfigurationView
  readonly configuration: ConfigurationReader
  readonly open: OpenSessions
}

export function makeGate({ view, configuration, open }: GateParts, { logger }: ServiceContext): ConfigurationGate {
  return new ConfigurationGate({
    clock: systemClock,
    view,
    readToEnd: () => configuration.readToEnd(),
    onRead: () => open.configurationRead(),
    onFailure: (error) => logger.warn({ error }, 'the configuration could not be read to its end; trying again'),
  })
}

export interface PredecessorGateParts {
  readonly laneStore: LaneStore
  readonly open: OpenSessions
  readonly metrics: DispatcherMetrics
}

export function makePredecessorGate(
  { laneStore, open, metrics }: PredecessorGateParts,
  { logger }: ServiceContext,
): PredecessorGate {
  return new PredecessorGate({
    clock: systemClock,
    openStreams: (appIds) => laneStore.openStreams(appIds),
    onOpened: () => open.configurationRead(),
    onOverdue: ({ appId, epoch, workerGroup }) => {
      metrics.alarms.inc({ kind: 'predecessor' })
      logger.error(
        { alarm: 'predecessor', app: appId, epoch, group: workerGroup },
        'an app that was deleted and created again waits for deliveries that its predecessor’s worker group has not settled. Some dispatcher must serve that group. If its topic is lost, run: ' +
          `UPDATE hooklane.ended_stream SET settled_at = now() WHERE app_id = '${appId.replaceAll("'", "''")}' AND epoch = ${epoch}`,
      )
    },
    onFailure: (error) => logger.warn({ error }, 'open streams could not be read; trying again'),
  })
}
