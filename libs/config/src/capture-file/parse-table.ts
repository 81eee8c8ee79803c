import { isReservedResource } from '@hooklane/contracts/public'
import type { ActorColumns, CapturedTable, RowCondition, UrlTemplate } from '@hooklane/core/capture'
import { parseUrlTemplate } from './parse-url-template.js'
import type { YamlFields, YamlMember, YamlValue } from './yaml-reader.js'

/** The keys of a table, as docs/reference/capture.schema.json lists them. */
export const TABLE_KEYS = [
  'resource',
  'entity',
  'id',
  'key',
  'url',
  'version',
  'ignore',
  'deleted',
  'when',
  'omit',
  'json',
  'actor',
] as const

/** The longest resource for which `<resource>.created`, `.updated` and `.deleted` are valid event types. */
const MAX_RESOURCE_LENGTH = 120

const TABLE_NAME = /^(?:("(?:[^"]|"")+"|[^."]+)\.)?("(?:[^"]|"")+"|[^."]+)$/

/**
 * Reads one entry of `tables`. Null when its name, `id`, `resource` or `entity` is missing or faulty, or when it uses a key that is not
 * available yet.
 */
export function parseTable({ key: name, value }: YamlMember): CapturedTable | null {
  const names = TABLE_NAME.exec(name)
  const fields = value.fields(TABLE_KEYS)
  if (!names) return value.fault('must be named schema.table')
  if (!fields || fields.isIncomplete) return null
  const id = fields.required('id', (one) => one.textOrTexts())
  const resource = fields.required('resource', parseResource)
  const entity = fields.required('entity', (one) =>
    one.matching(/^[A-Za-z0-9_.-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, underscores or dashes'),
  )
  const omit = columnsOf(fields, 'omit')
  for (const column of id ?? []) {
    if (omit.includes(column)) value.fault(`omit names ${column}, which is part of the id`)
  }
  const optional = {
    key: fields.optional('key', null, (one) => one.text()),
    url: fields.optional('url', null, parseUrl),
    version: fields.optional('version', null, (one) => one.text()),
    ignore: columnsOf(fields, 'ignore'),
    omit,
    json: columnsOf(fields, 'json'),
    deleted: fields.optional('deleted', null, parseDeleted),
    when: fields.optional('when', [], parseWhen),
    actor: fields.optional('actor', null, parseActor),
  }
  if (id === null || resource === null || entity === null) return null
  return { schema: unquoted(names[1] ?? 'public'), table: unquoted(names[2] ?? ''), resource, entity, id, ...optional }
}

const parseResource = (value: YamlValue): string | null => {
  const rule = `must be letters, digits and underscores in dotted parts, at most ${MAX_RESOURCE_LENGTH} characters`
  const resource = value.matching(/^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$/, rule)
  if (resource === null) return null
  if (resource.length > MAX_RESOURCE_LENGTH) return value.fault(rule)
  return isReservedResource(resource)
    ? value.fault(`${resource} starts like Hooklane's own event types: choose another name`)
    : resource
}

const columnsOf = (fields: YamlFields, name: string): string[] => fields.optional(name, [], (value) => value.texts())

function parseUrl(value: YamlValue): UrlTemplate | null {
  const pieces = value.pieces()
  if (pieces === null) return null
  const template = parseUrlTemplate(pieces)
  return typeof template === 'string' ? value.fault(template) : template
}

function parseDeleted(value: YamlValue): { column: string } | null {
  const column = value.fields(['column'])?.required('column', (one) => one.text()) ?? null
  return column === null ? null : { column }
}

function parseWhen(value: YamlValue): RowCondition[] | null {
  const members = value.members()
  if (members?.length === 0) return value.fault('must name at least one column')
  return (
    members?.flatMap(({ key, value: constant }) => {
      const equals = constant.constant()
      return equals === undefined ? [] : [{ column: key, equals }]
    }) ?? null
  )
}

function parseActor(value: YamlValue): ActorColumns | null {
  const fields = value.fields(['id', 'type', 'name'])
  if (!fields) return null
  const column = (name: string) => fields.optional(name, null, (one) => one.text())
  const actor = { id: column('id'), type: column('type'), name: column('name') }
  return actor.id === null && actor.type === null && actor.name === null
    ? value.fault('must name a column for id, type or name')
    : actor
}

const unquoted = (name: string): string => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
