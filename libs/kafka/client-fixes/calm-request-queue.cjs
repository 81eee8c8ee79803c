'use strict'
/**
 * kafkajs 2.2.4 re-arms the timer that looks for throttled requests after every answer, with a negative delay and for ever: an idle
 * connection burns 2–6 % of a core. The timer is needed only while requests wait, so only then it is armed.
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
