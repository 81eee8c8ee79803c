'use strict'
/**
 * Replaces kafkajs/src/consumer/filterAbortedMessages.js (2.2.4), which takes one aborted transaction per record off an unsorted list, and
 * ends a transaction at any record whose key is four zero bytes. When transactions of several producers overlap in a partition, as
 * those of routers do, it returns records that were never committed.
 *
 * A record is dropped while a transaction of its producer that is known to be aborted is open. Such a transaction opens at its first
 * offset, and only its abort marker closes it.
 */
const ABORT = 0

module.exports = ({ messages, abortedTransactions }) => {
  if (!abortedTransactions || abortedTransactions.length === 0) return messages
  const upcoming = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producer: String(producerId), firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const open = new Set()
  let next = 0
  return messages.filter((message) => {
    const offset = BigInt(message.offset)
    while (next < upcoming.length && upcoming[next].firstOffset <= offset) open.add(upcoming[next++].producer)
    const producer = String(message.batchContext?.producerId)
    if (message.isControlRecord) {
      // The key of a control record is version (int16), type (int16).
      if (message.key?.length >= 4 && message.key.readInt16BE(2) === ABORT) open.delete(producer)
      return true
    }
    return !(message.batchContext?.inTransaction && open.has(producer))
  })
}
