'use strict'
/**
 * Loads kafkajs with five of its modules fixed and three made faster, and throws when a fix is not in effect. No other code may load
 * kafkajs first: modules that were required earlier keep the original parts.
 */
const VERSION = '2.2.4'

const { version } = require('kafkajs/package.json')
if (version !== VERSION) {
  throw new Error(`kafkajs ${version} is installed, but its patches were written for exactly ${VERSION}.`)
}

function replaceModule(name, exports) {
  const path = require.resolve(name)
  require(path)
  const cached = require.cache[path]
  if (cached) cached.exports = exports
}

// Order matters: the batch decoder keeps the record decoder that it finds when it is loaded.
replaceModule('kafkajs/src/protocol/recordBatch/record/v0/decoder.js', require('./decode-record.cjs'))
const fixedFilter = require('./filter-aborted-records.cjs')
const fixedBatchDecoder = require('./decode-record-batch.cjs')

replaceModule('kafkajs/src/consumer/filterAbortedMessages.js', fixedFilter)
replaceModule('kafkajs/src/protocol/recordBatch/v0/decoder.js', fixedBatchDecoder)
replaceModule('kafkajs/src/protocol/requests/produce/v3/request.js', require('./encode-produce-request.cjs'))
replaceModule('kafkajs/src/protocol/request.js', require('./encode-request.cjs'))

const RequestQueue = require('kafkajs/src/network/requestQueue')
require('./calm-request-queue.cjs')(RequestQueue)
const Batch = require('kafkajs/src/consumer/batch')
require('./hand-over-empty-batches.cjs')(Batch)

const Runner = require('kafkajs/src/consumer/runner')
require('./find-brokers-again.cjs')(Runner)

const kafkajs = require('kafkajs')

require('./self-check.cjs')({
  Batch,
  batchDecoder: require('kafkajs/src/protocol/recordBatch/v0/decoder'),
  fixedBatchDecoder,
  RequestQueue,
  Runner,
})

module.exports = {
  kafkajs,
  /** Messages of the broker errors that are transient. */
  retriableErrorMessages: require('kafkajs/src/protocol/error')
    .errorCodes.filter((error) => error.retriable)
    .map((error) => error.message),
}
