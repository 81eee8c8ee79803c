import type { Logger } from '@hooklane/observability'
import type { DeliveryLogWriter } from '@hooklane/postgres'

const DAY_MS = 86_400_000
/** Partitions of tomorrow stand before tomorrow begins. */
const LOOK_AHEAD_EVERY_MS = 3_600_000

/** Makes the log's partitions of today and tomorrow, now and from time to time. Returns what ends that. */
export async function makeDaysAhead(writer: DeliveryLogWriter, logger: Logger): Promise<() => void> {
  const ensureDays = async () => {
    const now = Date.now()
    await writer.ensureDays([now, now + DAY_MS].map((at) => new Date(at).toISOString().slice(0, 10)))
  }
  await ensureDays()
  const timer = setInterval(() => {
    ensureDays().catch((error: unknown) =>
      logger.warn({ error }, 'the log’s partitions for tomorrow could not be made; trying again'),
    )
  }, LOOK_AHEAD_EVERY_MS)
  return () => clearInterval(timer)
}
