'use strict'
/**
 * kafkajs 2.2.4 forgets a broker whose connection closed. When it was the only one it knew, the consumer gives up at once, although it
 * was told to be patient: it begins anew as another member, and the group stands still until the session of its former self has ended
 * (30 s). With this the consumer asks for the brokers before it reads on, for as long as it takes, and stays the member that it was.
 */
const mended = new WeakSet()

function askForBrokersFirst({ fetchManager, consumerGroup }) {
  if (mended.has(fetchManager)) return
  mended.add(fetchManager)
  const start = fetchManager.start
  fetchManager.start = async () => {
    if (consumerGroup.getNodeIds().length === 0) await consumerGroup.cluster.refreshMetadata()
    return start()
  }
}

module.exports = (Runner) => {
  const schedule = Runner.prototype.scheduleFetchManager
  Runner.prototype.scheduleFetchManager = function scheduleFetchManager() {
    askForBrokersFirst(this)
    return schedule.call(this)
  }
}
