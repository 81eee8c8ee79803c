import type { GroupWorker } from '../groups/group-worker.js'
import type { PayloadMemory } from '../memory/payload-memory.js'
import { sessionsOf, type Observer } from './observer.js'

/** Sets the gauges, and pauses reading while payloads take too much memory. Call every second. */
export function observeSessions(
  { observer, memory }: { readonly observer: Observer; readonly memory: PayloadMemory },
  workers: readonly GroupWorker[],
): void {
  memory.limit(observer.observe(workers), workers.flatMap(sessionsOf))
}
