import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import type { Logger } from '@hooklane/observability'
import type { DeliveryLogWriter } from '@hooklane/postgres'

const DAY_MS = 86_400_000
/** How often the partitions are checked: often enough that tomorrow's exists before tomorrow begins. */
const LOOK_AHEAD_EVERY_MS = 3_600_000

/** Creates the partitions of the delivery log for today and tomorrow, before anything is read and regularly after that. */
export class DaysAhead implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly writer: DeliveryLogWriter,
    private readonly logger: Logger,
  ) {}

  /** Without today's partition nothing can be written, so a failure here prevents the start of the recorder. */
  async onApplicationBootstrap(): Promise<void> {
    await this.ensureDays()
    this.timer = setInterval(() => {
      this.ensureDays().catch((error: unknown) =>
        this.logger.warn({ error }, 'partitions of the delivery log could not be created; trying again'),
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
