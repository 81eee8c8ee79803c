import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import type { Logger } from '@hooklane/observability'
import type { DeliveryLogWriter } from '@hooklane/postgres'

const DAY_MS = 86_400_000
/** Partitions of tomorrow stand before tomorrow begins. */
const LOOK_AHEAD_EVERY_MS = 3_600_000

/** Makes the log's partitions of today and tomorrow: before anything is read, and from time to time. */
export class DaysAhead implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly writer: DeliveryLogWriter,
    private readonly logger: Logger,
  ) {}

  /** Without the partition of today nothing could be written: a failure keeps the recorder from starting. */
  async onApplicationBootstrap(): Promise<void> {
    await this.ensureDays()
    this.timer = setInterval(() => {
      this.ensureDays().catch((error: unknown) =>
        this.logger.warn({ error }, 'the log’s partitions for tomorrow could not be made; trying again'),
      )
    }, LOOK_AHEAD_EVERY_MS)
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  private async ensureDays(): Promise<void> {
    const now = Date.now()
    await this.writer.ensureDays([now, now + DAY_MS].map((at) => new Date(at).toISOString().slice(0, 10)))
  }
}
