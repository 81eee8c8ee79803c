'use strict'
/**
 * kafkajs 2.2.4 does not call the handler for a fetched batch in which no record remains (only markers, aborted or compacted records). A
 * consumer that waits for the end of a log that ends with such offsets then never learns that it has reached it. Here `eachBatch` gets
 * them as batches without messages. `eachMessage` must not be used: it would not get past them.
 */
module.exports = (Batch) => {
  Batch.prototype.isEmpty = function isEmpty() {
    return this.rawMessages.length === 0
  }
  Batch.prototype.isEmptyDueToFiltering = function isEmptyDueToFiltering() {
    return false
  }
}
