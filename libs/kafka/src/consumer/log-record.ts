import type { IHeaders, KafkaMessage } from 'kafkajs'
import type { LogRecord, TopicPartition } from '@hooklane/core/kernel'

/** Converts a fetched message to a domain record. Never throws, whatever a foreign producer wrote. */
export function toLogRecord(at: TopicPartition, message: KafkaMessage): LogRecord {
  return {
    topic: at.topic,
    partition: at.partition,
    offset: BigInt(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers),
    timestampMs: Number(message.timestamp),
  }
}

/**
 * Returns an object without a prototype, because senders choose header names, which may be `__proto__`. If every header has one value, the
 * result is the decoder's object itself. Otherwise the result has the last value of each repeated header, and no headers without a value.
 */
function toHeaders(headers: IHeaders | undefined): Readonly<Record<string, Buffer>> {
  let isPlain = headers !== undefined && !('hasOwnProperty' in headers)
  for (const name in headers) isPlain &&= Buffer.isBuffer(headers[name])
  if (isPlain) return headers as Readonly<Record<string, Buffer>>
  const result = Object.create(null) as Record<string, Buffer>
  for (const [name, value] of Object.entries(headers ?? {})) {
    // A header may have no value, although the types say otherwise.
    const last = (Array.isArray(value) ? value.at(-1) : value) as Buffer | string | null | undefined
    if (last !== undefined && last !== null) result[name] = typeof last === 'string' ? Buffer.from(last) : last
  }
  return result
}
