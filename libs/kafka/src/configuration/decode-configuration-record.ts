import { decoderOf, HEADER, SCHEMA, type Decoded, type Decoder } from '@hooklane/contracts/public'
import {
  AppSchema,
  CompanySchema,
  endedStreamId,
  EndedStreamSchema,
  SubscriptionSchema,
  WorkerGroupSchema,
} from '@hooklane/contracts/records'
import type { ConfigurationBodies, ConfigurationRecord } from '@hooklane/core/configuration'
import type { LogRecord } from '@hooklane/core/kernel'

type Kind = keyof ConfigurationBodies

const decoders: { readonly [K in Kind]: Decoder<ConfigurationBodies[K]> } = {
  company: decoderOf(CompanySchema),
  app: decoderOf(AppSchema),
  subscription: decoderOf(SubscriptionSchema),
  workerGroup: decoderOf(WorkerGroupSchema),
  endedStream: decoderOf(EndedStreamSchema),
}

/** The longest id is that of an ended stream: the app's id, a slash and an epoch. */
const KEY = /^(company|app|subscription|workerGroup|endedStream):([\x21-\x7e]{1,139})$/
const VERSION = /^(0|[1-9]\d{0,18})$/

/** Decodes a record of the configuration topic. Returns the value, or the reason why it is invalid; never throws. */
export function decodeConfigurationRecord(record: LogRecord): Decoded<ConfigurationRecord> {
  const match = KEY.exec(record.key?.toString('latin1') ?? '')
  if (!match) return { ok: false, reason: 'key' }
  const [key, kind, id] = match as unknown as [string, Kind, string]
  const version = record.headers[HEADER.version]?.toString('latin1') ?? ''
  if (!VERSION.test(version)) return { ok: false, reason: `header:${HEADER.version}` }
  const base = { key, kind, id, version: BigInt(version) }
  if (record.value === null) return { ok: true, value: { ...base, body: null } as ConfigurationRecord }
  if (record.headers[HEADER.schema]?.toString('latin1') !== SCHEMA[kind]) {
    return { ok: false, reason: `header:${HEADER.schema}` }
  }
  const body = decoders[kind](record.value)
  if (!body.ok) return body
  if (idOf(body.value) !== id) return { ok: false, reason: 'key_mismatch' }
  return { ok: true, value: { ...base, body: body.value } as ConfigurationRecord }
}

function idOf(body: ConfigurationBodies[Kind]): string {
  if ('id' in body) return body.id
  return 'epoch' in body ? endedStreamId(body) : body.name
}
