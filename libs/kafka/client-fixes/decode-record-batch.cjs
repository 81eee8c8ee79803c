'use strict'
/**
 * Replaces kafkajs/src/protocol/recordBatch/v0/decoder.js (2.2.4), which returns only records and loses the offsets that a batch covers
 * beyond its last record. After a batch that compaction emptied, the consumer then stays where it was and fetches the same offset for
 * ever. Here a batch whose last offset no longer has a record ends with a synthetic control record at that offset: control records are
 * never passed to the handler, but they advance the position.
 */
const decodeRecords = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')

/** The key of a commit marker, which does not close an aborted transaction. */
const COMMIT_MARKER_KEY = Buffer.from([0, 0, 0, 1])

module.exports = async (decoder) => {
  const batch = await decodeRecords(decoder)
  const end = BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta)
  const last = batch.records.at(-1)
  if (last === undefined || BigInt(last.offset) < end) batch.records.push(placeholder(batch, end))
  return batch
}

function placeholder(batch, offset) {
  const { records: _, ...batchContext } = batch
  return {
    magicByte: 2,
    attributes: 0,
    timestamp: batch.maxTimestamp,
    offset: String(offset),
    key: COMMIT_MARKER_KEY,
    value: null,
    headers: {},
    isControlRecord: true,
    batchContext,
  }
}
