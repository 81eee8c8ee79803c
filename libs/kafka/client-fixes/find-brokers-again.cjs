'use strict'
/**
 * kafkajs 2.2.4 forgets a broker whose connection closed. When it was the only one it knew, the consumer gives up at once, although it
 * was told to be patient: it begins anew as another member, and the group stands still until the session of its former self has ended
 * (30 s). With this the consumer asks for the brokers before it reads on, for as long as it takes, and stays the member that it was.
 * Being stopped ends the asking.
 */
const mended = new WeakSet()

function askForBrokersFirst(runner) {
  const { fetchManager, consumerGroup } = runner
  if (mended.has(fetchManager)) return
  mended.add(fetchManager)
  const { start, stop } = fetchManager
  let onStop
  const stopped = new Promise((resolve) => {
    onStop = resolve
  })
  fetchManager.start = async () => {
    if (consumerGroup.getNodeIds().length === 0) {
      await Promise.race([consumerGroup.cluster.refreshMetadata(), stopped])
    }
    // Fetchers of a runner that was stopped get an empty answer at once, for ever: no timer of the process would run again.
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
