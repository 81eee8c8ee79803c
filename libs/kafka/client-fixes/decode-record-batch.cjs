'use strict'
/**
 * Stands in for kafkajs/src/protocol/recordBatch/v0/decoder.js (2.2.4), which returns records only: the offsets that a batch covers
 * beyond its last record are lost. A batch that compaction emptied then leaves the consumer where it was, and it fetches the same
 * offset for ever. Here a batch whose last offset carries no record any more ends with a synthetic control record at that offset:
 * control records are never handed over, but move the position on.
 */
const decodeRecords = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')

/** Control record "commit": it closes no aborted transaction. */
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
