'use strict'
/**
 * After every answer, kafkajs 2.2.4 re-arms the timer that checks for throttled requests, with a negative delay and for ever, so an idle
 * connection uses 2–6 % of a core. The timer is needed only while requests wait, so this version arms it only then.
 */
const CHECK_PENDING_REQUESTS_MS = 10

module.exports = (RequestQueue) => {
  RequestQueue.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests() {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return
    const throttledMs = this.throttledUntil - Date.now()
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_REQUESTS_MS,
    )
  }
}
