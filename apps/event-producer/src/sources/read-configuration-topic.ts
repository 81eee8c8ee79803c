import { processTimers, withTimeout } from '@hooklane/core/kernel'
import { ConfigurationReader, type KafkaClient } from '@hooklane/kafka'
import { ConfigurationState } from './configuration-state.js'

/** Time limit for reading the topic, which normally takes seconds. After it, the attempt fails and is repeated. */
const READ_TIMEOUT_MS = 60_000

/** Reads the current state of the configuration topic. A record that cannot be decoded counts as absent, so it is written again. */
export async function readConfigurationTopic(
  client: KafkaClient,
  topic: string,
  groupPrefix: string,
): Promise<ConfigurationState> {
  const state = new ConfigurationState()
  const reader = new ConfigurationReader(client, {
    topic,
    groupPrefix,
    onRecord: ({ key, version, body }) => state.adopt(key, { version, isDeleted: body === null }),
    onUndecodable: ({ offset }, reason) => {
      client.logger.warn({ topic, offset: offset.toString(), reason }, 'a configuration record cannot be read')
    },
    // `caughtUp` rejects with the same error.
    onCrash: () => undefined,
  })
  try {
    await reader.start()
    await withTimeout(processTimers, reader.caughtUp(), {
      limitMs: READ_TIMEOUT_MS,
      onTimeout: () => {
        throw new Error(`${topic} could not be read within ${READ_TIMEOUT_MS / 1000} s`)
      },
    })
    return state
  } finally {
    await reader.stop()
  }
}
