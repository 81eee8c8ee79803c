'use strict'
/**
 * Loads kafkajs with five modules replaced and three patched. Throws if one of these changes is not in effect; of the replaced modules in a
 * bundle, the build makes sure (tools/build/patched-kafkajs.mjs). No other code may load
 * kafkajs first: modules that were required earlier keep the original parts.
 */
const VERSION = '2.2.4'

const { version } = require('kafkajs/package.json')
if (version !== VERSION) {
  throw new Error(`kafkajs ${version} is installed, but its patches were written for exactly ${VERSION}.`)
}

require('./replace-modules.cjs')

const RequestQueue = require('kafkajs/src/network/requestQueue')
require('./calm-request-queue.cjs')(RequestQueue)
const Batch = require('kafkajs/src/consumer/batch')
require('./hand-over-empty-batches.cjs')(Batch)

const Runner = require('kafkajs/src/consumer/runner')
require('./find-brokers-again.cjs')(Runner)

const kafkajs = require('kafkajs')

require('./self-check.cjs')({
  Batch,
  RequestQueue,
  Runner,
  // Pairs: what an import of the module yields, and what it must yield.
  replaced: [
    [require('kafkajs/src/protocol/recordBatch/v0/decoder'), require('./decode-record-batch.cjs')],
    [require('kafkajs/src/protocol/recordBatch/record/v0/decoder'), require('./decode-record.cjs')],
    [require('kafkajs/src/consumer/filterAbortedMessages'), require('./filter-aborted-records.cjs')],
    [require('kafkajs/src/protocol/requests/produce/v3/request'), require('./encode-produce-request.cjs')],
    [require('kafkajs/src/protocol/request'), require('./encode-request.cjs')],
  ],
})

module.exports = {
  kafkajs,
  /** Messages of the broker errors that are transient. */
  retriableErrorMessages: require('kafkajs/src/protocol/error')
    .errorCodes.filter((error) => error.retriable)
    .map((error) => error.message),
}
