import { setTimeout as delay } from 'node:timers/promises'

/**
 * After this long without a new delivery, missing deliveries are not expected to arrive any more. A take-over after a crash needs up to
 * 40 s plus Kafka's session timeout.
 */
export const STALLED_MS = 120_000
/** How long to wait at the end for deliveries that must not arrive. */
const GRACE_MS = 2_000

/**
 * Waits until every delivery was accepted, or nothing has arrived for `STALLED_MS`. Then waits `graceMs` more, for deliveries that must not
 * arrive.
 *
 * @param {readonly { expected: readonly unknown[] }[]} expectations
 * @param {readonly import('./receiver.mjs').Arrival[]} arrivals
 * @param {object} [options]
 * @param {(text: string) => void} [options.say]
 * @param {AbortSignal} [options.signal]
 * @param {number} [options.graceMs]
 */
export async function settled(expectations, arrivals, { say = () => {}, signal, graceMs = GRACE_MS } = {}) {
  const wanted = expectations.reduce((sum, expectation) => sum + expectation.expected.length, 0)
  let newest = Date.now()
  let seen = -1
  let shown = Date.now()
  for (;;) {
    signal?.throwIfAborted()
    const delivered = new Set(arrivals.filter((one) => one.status === 200).map((one) => one.id)).size
    if (delivered !== seen) newest = Date.now()
    seen = delivered
    if (delivered >= wanted || Date.now() - newest > STALLED_MS) break
    if (Date.now() - shown > 2_000) {
      say(`  ${delivered} of ${wanted} delivered`)
      shown = Date.now()
    }
    await delay(100)
  }
  say(`  ${seen} of ${wanted} delivered`)
  await delay(graceMs)
}
