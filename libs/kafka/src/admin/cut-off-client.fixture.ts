import type { KafkaClient } from '../client/kafka-client.js'

export const quiet = (): void => undefined
export const forEver = new Promise<never>(quiet)

/** A Kafka client whose network drops everything until a test sets `network.isWhole`. */
export function cutOffClient() {
  const network = { isWhole: false }
  const admin = () => ({
    connect: () => (network.isWhole ? Promise.resolve() : forEver),
    disconnect: () => Promise.resolve(),
  })
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  return { network, client: { impatientKafka: { admin }, logger } as unknown as KafkaClient }
}
