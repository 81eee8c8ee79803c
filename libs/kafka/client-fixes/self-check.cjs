'use strict'
/**
 * Verifies at each start that the patched parts are in use: without them events are lost, duplicated, or read although they were never
 * committed.
 */

const record = (offset, producerId, value) => ({
  offset: String(offset),
  key: null,
  value: Buffer.from(value),
  headers: {},
  isControlRecord: false,
  batchContext: { producerId, inTransaction: true },
})

/** A batch in which the transactions of two producers overlap, both are aborted, and the broker lists them out of order. */
function overlappingAborts(Batch) {
  const abort = (offset, producerId) => ({
    ...record(offset, producerId, ''),
    key: Buffer.from([0, 0, 0, 0]),
    isControlRecord: true,
  })
  return new Batch('self-check', '0', {
    partition: 0,
    highWatermark: '6',
    abortedTransactions: [
      { producerId: '2', firstOffset: '1' },
      { producerId: '1', firstOffset: '0' },
    ],
    messages: [
      record(0, '1', 'aborted'),
      record(1, '2', 'aborted'),
      record(2, '1', 'aborted'),
      abort(3, '1'),
      record(4, '2', 'aborted'),
      abort(5, '2'),
    ],
  })
}

/** Whether a consumer that knows no broker looks for brokers before it reads on. */
function asksForBrokers(Runner) {
  let hasAsked = false
  const forEver = new Promise(() => undefined)
  const refreshMetadata = () => {
    hasAsked = true
    return forEver
  }
  const runner = Object.assign(Object.create(Runner.prototype), {
    running: true,
    consumerGroup: { getNodeIds: () => [], cluster: { refreshMetadata } },
    fetchManager: { start: () => forEver, stop: () => forEver },
    retrier: (attempt) => attempt().then(() => forEver),
  })
  runner.scheduleFetchManager()
  return hasAsked
}

module.exports = ({ Batch, RequestQueue, Runner, replaced }) => {
  const faults = []
  const batch = overlappingAborts(Batch)
  if (batch.messages.length > 0) faults.push('records of overlapping aborted transactions would be returned')
  if (batch.isEmpty() || batch.isEmptyDueToFiltering()) faults.push('batches without records would not be returned')
  if (replaced.some(([found, ours]) => found !== ours))
    faults.push(
      'a module that must be replaced is the original one: a batch emptied by compaction would stop a consumer for ever',
    )
  if (/throttledUntil - Date\.now\(\)\s+if/.test(String(RequestQueue.prototype.scheduleCheckPendingRequests)))
    faults.push('idle connections would burn CPU')
  if (!asksForBrokers(Runner)) faults.push('a consumer that lost its broker would leave its group')
  if (faults.length > 0) {
    throw new Error(
      `The patches of the Kafka client are not in effect: ${faults.join('; ')}. Only @hooklane/kafka may load kafkajs.`,
    )
  }
}
