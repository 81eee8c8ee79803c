import type { JsonObject } from '@hooklane/contracts/public'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'

/**
 * Version of the stored form. Raise it when an older form can no longer be read. A change that only adds keys needs a default in
 * `TABLE_DEFAULTS` instead.
 */
const FORM = 1

/** The part of a source that decides which events a transaction becomes. It holds neither where the source is read from, nor secrets. */
type Meaning = Omit<CaptureSource, 'database' | 'slot' | 'publication' | 'accept'>

/** Values for keys that capture files did not have yet when a configuration was pinned. */
const TABLE_DEFAULTS: Pick<
  CapturedTable,
  'key' | 'url' | 'version' | 'ignore' | 'omit' | 'json' | 'deleted' | 'when' | 'actor'
> = { key: null, url: null, version: null, ignore: [], omit: [], json: [], deleted: null, when: [], actor: null }

/**
 * A source's configuration in the form that is stored beside its position. If some events of a transaction are published already, the whole
 * transaction is folded with the configuration that these events were made with, whatever the capture file says now. Otherwise the
 * transaction could yield other events, and some of these would be dropped as copies of published ones.
 */
export function pinConfiguration({ name, epoch, company, timezone, tables }: CaptureSource): JsonObject {
  const meaning: Meaning = { name, epoch, company, timezone, tables }
  return JSON.parse(JSON.stringify({ form: FORM, ...meaning })) as JsonObject
}

/**
 * Restores a pinned configuration. The database, slot and publication are those of `today`. Returns null when this build does not know the
 * stored form.
 */
export function unpinConfiguration(pinned: JsonObject, today: CaptureSource): CaptureSource | null {
  if (pinned.form !== FORM) return null
  const { form: _form, ...meaning } = pinned
  const { tables, ...source } = meaning as unknown as Meaning
  return {
    ...source,
    database: today.database,
    slot: today.slot,
    publication: today.publication,
    accept: today.accept,
    tables: tables.map((table) => ({ ...TABLE_DEFAULTS, ...table })),
  }
}
