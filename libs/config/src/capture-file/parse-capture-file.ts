import { readFileSync } from 'node:fs'
import type { CaptureConfiguration, CapturedTable, CaptureSource } from '@hooklane/core/capture'
import type { Environment } from '../settings/read-settings.js'
import { CaptureFileError } from './capture-file-error.js'
import { parseSource, type ParsedSource } from './parse-source.js'
import { YamlFile, type YamlValue } from './yaml-reader.js'

export interface CaptureFileOptions {
  /** `TOPIC_PREFIX`: the default names of slots and publications begin with it. */
  readonly topicPrefix: string
  /** The variables that `${NAME}` refers to; default: those of the process. */
  readonly environment?: Environment
  /** The file's name in messages. */
  readonly file?: string
}

/** The usable content of a capture file, and its faults. */
export interface CaptureFile extends CaptureConfiguration {
  /** The sources without a fault, even when others have faults: a mistyped name in one source must not stop the others. */
  readonly sources: readonly CaptureSource[]
  readonly places: CapturePlaces
  /** Null when nothing is wrong. */
  readonly error: CaptureFileError | null
}

/** Where sources, tables and columns are written in the file, for messages: `capture.yaml:9`. */
export interface CapturePlaces {
  readonly ofSource: ReadonlyMap<CaptureSource, string>
  readonly ofTable: ReadonlyMap<CapturedTable, TablePlaces>
}

export interface TablePlaces {
  readonly table: string
  readonly columns: ReadonlyMap<string, string>
}

/** Parses the text of a capture file. The result holds every fault with its path and line. */
export function parseCaptureFile(text: string, options: CaptureFileOptions): CaptureFile {
  const { topicPrefix, environment = process.env, file = 'capture.yaml' } = options
  const yaml = new YamlFile(text, environment)
  // Broken YAML yields a broken tree, whose faults would only be consequences of the syntax error.
  const parsed = yaml.faults.length > 0 ? [] : parseSources(yaml, topicPrefix)
  const faults = yaml.faults.sort((a, b) => a.line - b.line)
  return {
    sources: parsed.map(({ source }) => source),
    places: placesIn(file, parsed),
    error: faults.length > 0 ? new CaptureFileError(file, faults) : null,
  }
}

/** Like `parseCaptureFile`, for the file at `path`. When the file cannot be read, that is the only fault. */
export function readCaptureFile(path: string, options: Omit<CaptureFileOptions, 'file'>): CaptureFile {
  try {
    return parseCaptureFile(readFileSync(path, 'utf8'), { ...options, file: path })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === undefined) throw error
    const fault = {
      path: '',
      line: 1,
      message: `the file cannot be read (${code}): correct CAPTURE_FILE, or the file's permissions`,
    }
    return { sources: [], places: placesIn(path, []), error: new CaptureFileError(path, [fault]) }
  }
}

function placesIn(file: string, parsed: readonly ParsedSource[]): CapturePlaces {
  const place = (line: number) => `${file}:${line}`
  const placed = (lines: ReadonlyMap<string, number>) => new Map([...lines].map(([name, line]) => [name, place(line)]))
  return {
    ofSource: new Map(parsed.map(({ source, line }) => [source, place(line)])),
    ofTable: new Map(
      parsed.flatMap(({ tables }) =>
        tables.map(({ table, line, columns }) => [table, { table: place(line), columns: placed(columns) }] as const),
      ),
    ),
  }
}

function parseSources(yaml: YamlFile, topicPrefix: string): ParsedSource[] {
  const root = yaml.root()
  if (root.isNull()) {
    root.fault('is empty: sources is required')
    return []
  }
  return root.fields(['sources'])?.required('sources', (value) => parseSourceList(yaml, value, topicPrefix)) ?? []
}

function parseSourceList(yaml: YamlFile, value: YamlValue, topicPrefix: string): ParsedSource[] | null {
  const items = value.items()
  if (items?.length === 0) return value.fault('must name at least one source')
  if (items === null) return []
  const parsed: ParsedSource[] = []
  const names = new Set<string>()
  for (const item of items) {
    const faultsBefore = yaml.faults.length
    const one = parseSource(item, topicPrefix)
    for (const message of one ? clashes(one.source, parsed) : []) item.fault(message)
    claimName(item, names)
    if (one && yaml.faults.length === faultsBefore) parsed.push(one)
  }
  return parsed
}

/**
 * Names that differ only in case would get the same default slot, and are easily confused in metric labels. A source with faults keeps its
 * name reserved as well.
 */
function claimName(item: YamlValue, names: Set<string>): void {
  const written = item.writtenText('name')
  if (written === null) return
  const name = written.toLowerCase()
  if (names.has(name)) item.fault(`the name ${written} is already taken`)
  names.add(name)
}

/**
 * Conflicts of a source with earlier sources that have another name. Several sources may have the same resource: many PIMs have one
 * database per company.
 */
function clashes(source: CaptureSource, earlier: readonly ParsedSource[]): string[] {
  const messages: string[] = []
  for (const { source: other } of earlier) {
    if (other.name.toLowerCase() === source.name.toLowerCase()) continue
    if (other.database === source.database && other.slot === source.slot) {
      messages.push(`the slot ${source.slot} is already used by ${other.name}: give this source its own slot`)
    }
    if (other.database === source.database && other.publication === source.publication) {
      messages.push(
        `the publication ${source.publication} is already used by ${other.name}: give this source its own publication`,
      )
    }
    for (const { resource, entity } of source.tables) {
      const sibling = other.tables.find((table) => table.resource === resource)
      if (sibling && sibling.entity !== entity) {
        messages.push(`resource ${resource} has entity ${sibling.entity} in ${other.name}, but ${entity} here`)
      }
    }
  }
  return messages
}
