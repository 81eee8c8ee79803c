'use strict'
/**
 * kafkajs 2.2.4 forgets a broker whose connection closed. When it knew no other broker, the consumer gives up at once, although it is
 * configured to retry: it joins the group again as a new member, and the group stands still until the session of its former membership
 * expires (30 s). With this patch the consumer first refreshes the list of brokers, for as long as it takes, and stays the same member.
 * Stopping the consumer ends the wait.
 */
const patched = new WeakSet()

function askForBrokersFirst(runner) {
  const { fetchManager, consumerGroup } = runner
  if (patched.has(fetchManager)) return
  patched.add(fetchManager)
  const { start, stop } = fetchManager
  let onStop
  const stopped = new Promise((resolve) => {
    onStop = resolve
  })
  fetchManager.start = async () => {
    if (consumerGroup.getNodeIds().length === 0) {
      await Promise.race([consumerGroup.cluster.refreshMetadata(), stopped])
    }
    // Fetchers of a stopped runner get empty answers at once, for ever, so no timer of the process would run again.
    return runner.running ? start() : undefined
  }
  fetchManager.stop = () => {
    onStop()
    return stop()
  }
}

module.exports = (Runner) => {
  const schedule = Runner.prototype.scheduleFetchManager
  Runner.prototype.scheduleFetchManager = function scheduleFetchManager() {
    askForBrokersFirst(this)
    return schedule.call(this)
  }
}
