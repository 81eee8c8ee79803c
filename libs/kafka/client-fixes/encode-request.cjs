'use strict'
/**
 * Stands in for kafkajs/src/protocol/request.js (2.2.4), which copies every request twice, each time into a zeroed buffer of up to twice
 * its size. The bytes are the same.
 */
const Encoder = require('kafkajs/src/protocol/encoder')

module.exports = async ({ correlationId, clientId, request: { apiKey, apiVersion, encode } }) => {
  const payload = (await encode()).buffer
  const header = new Encoder()
    .writeInt32(0)
    .writeInt16(apiKey)
    .writeInt16(apiVersion)
    .writeInt32(correlationId)
    .writeString(clientId).buffer
  header.writeInt32BE(header.length - 4 + payload.length, 0)
  const whole = new Encoder(0)
  whole.buf = Buffer.concat([header, payload])
  whole.offset = whole.buf.length
  return whole
}
