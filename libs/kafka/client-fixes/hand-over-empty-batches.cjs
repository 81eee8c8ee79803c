'use strict'
/**
 * kafkajs 2.2.4 does not hand over what it fetched when no record of it remains (markers, aborted records, compacted ones): a reader
 * that waits for the end of a log whose last offsets are such never learns that it has got there. Here `eachBatch` gets them as batches
 * without messages. `eachMessage` must not be used: it would not get past them.
 */
module.exports = (Batch) => {
  Batch.prototype.isEmpty = function isEmpty() {
    return this.rawMessages.length === 0
  }
  Batch.prototype.isEmptyDueToFiltering = function isEmptyDueToFiltering() {
    return false
  }
}
