import { kafkaConnection } from '@hooklane/config'
import { createKafkaClient, type KafkaClient, type OffsetReset } from '@hooklane/kafka'
import type { Logger } from '@hooklane/observability'
import type { RouterMetrics } from '../metrics.js'
import type { RouterSettings } from '../settings.js'

/** The Kafka client of the process. It notifies one listener when Kafka moves a consumer to an offset that the consumer did not ask for. */
export class RouterClient {
  readonly kafka: KafkaClient
  private onReset = (_: OffsetReset): void => undefined

  constructor(settings: RouterSettings, logger: Logger, metrics: RouterMetrics) {
    this.kafka = createKafkaClient({
      ...kafkaConnection(settings),
      clientId: `${settings.topicPrefix}router`,
      logger,
      onOffsetReset: (reset) => {
        metrics.incidents.inc({ kind: 'offset_reset' })
        this.onReset(reset)
      },
    })
  }

  /** Sets the only listener. */
  listen(onReset: (reset: OffsetReset) => void): void {
    this.onReset = onReset
  }
}
