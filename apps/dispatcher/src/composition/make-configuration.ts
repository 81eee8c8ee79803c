import type { TopicNames } from '@hooklane/contracts'
import type { ConfigurationRecord, ConfigurationView } from '@hooklane/core'
import { ConfigurationReader, type KafkaClient } from '@hooklane/kafka'
import type { ServiceContext } from '@hooklane/runtime'
import { ConfigurationGate } from '../configuration/configuration-gate.js'
import type { OpenSessions } from '../engine/open-sessions.js'

/** Follows the configuration topic into the view. `onChange` hears of every record that changed it. */
export function makeConfigurationReader(
  kafka: KafkaClient,
  names: TopicNames,
  view: ConfigurationView,
  context: ServiceContext,
  onChange: (record: ConfigurationRecord) => void,
): ConfigurationReader {
  const { logger } = context
  return new ConfigurationReader(kafka, {
    topic: names.subscriptions,
    groupPrefix: names.group('dispatcher'),
    onRecord: (record) => {
      if (view.put(record)) onChange(record)
    },
    onUndecodable: (record, reason) =>
      logger.error(
        { offset: String(record.offset), reason },
        'a configuration record cannot be read and is passed over',
      ),
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
