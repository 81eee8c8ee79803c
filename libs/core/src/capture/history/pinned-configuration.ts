import type { JsonObject } from '@hooklane/contracts/public'
import type { CapturedTable, CaptureSource } from '../capture-configuration.js'

/** Raised when an older form can no longer be read; a change that only adds keys needs a default in `TABLE_DEFAULTS`. */
const FORM = 1

/** The part of a source that decides which events a transaction becomes: without where it is read from, and without secrets. */
type Meaning = Omit<CaptureSource, 'database' | 'slot' | 'publication' | 'accept'>

/** What tables had before a key of the capture file existed. */
const TABLE_DEFAULTS: Pick<
  CapturedTable,
  'key' | 'url' | 'version' | 'ignore' | 'omit' | 'json' | 'deleted' | 'when' | 'actor'
> = { key: null, url: null, version: null, ignore: [], omit: [], json: [], deleted: null, when: [], actor: null }

/**
 * A source's configuration as it is kept beside its position: a transaction of which some events are published already is folded with
 * the configuration that these were made by, whatever the capture file says now. Otherwise other events would take the places of those
 * that are missing, and be lost as copies of them.
 */
export function pinConfiguration({ name, epoch, company, timezone, tables }: CaptureSource): JsonObject {
  const meaning: Meaning = { name, epoch, company, timezone, tables }
  return JSON.parse(JSON.stringify({ form: FORM, ...meaning })) as JsonObject
}

/** The pinned configuration again, read from where `today` is read; null when it was written in a form that this build does not know. */
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
