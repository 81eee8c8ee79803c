'use strict'
/**
 * Loads kafkajs with five of its parts mended and three made cheaper, and refuses where the mending did not work. It must be loaded nowhere
 * else first: whoever required the stock parts before keeps them.
 */
const VERSION = '2.2.4'

const { version } = require('kafkajs/package.json')
if (version !== VERSION) {
  throw new Error(`kafkajs ${version} is installed, but its mended parts were written for exactly ${VERSION}.`)
}

function replaceModule(name, exports) {
  const path = require.resolve(name)
  require(path)
  const cached = require.cache[path]
  if (cached) cached.exports = exports
}

// Order matters: the decoder of batches keeps the decoder of records that it finds.
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
  /** Texts of the broker's errors that pass by themselves. */
  retriableErrorMessages: require('kafkajs/src/protocol/error')
    .errorCodes.filter((error) => error.retriable)
    .map((error) => error.message),
}
