import { readFileSync } from 'node:fs'
import type { CaptureConfiguration, CaptureSource } from '@hooklane/core'
import type { Environment } from '../settings/read-settings.js'
import { CaptureFileError } from './capture-file-error.js'
import { parseSource } from './parse-source.js'
import { YamlFile, type YamlValue } from './yaml-reader.js'

export interface CaptureFileOptions {
  /** `TOPIC_PREFIX`: the names of slots and publications begin with it unless the file names them. */
  readonly topicPrefix: string
  /** What `${NAME}` refers to. */
  readonly environment?: Environment
  /** The file's name in messages. */
  readonly file?: string
}

/**
 * Reads the text of a capture file.
 * @throws CaptureFileError with every fault of the file, each with its path and line
 */
export function parseCaptureFile(text: string, options: CaptureFileOptions): CaptureConfiguration {
  const { topicPrefix, environment = process.env, file = 'capture.yaml' } = options
  const yaml = new YamlFile(text, environment)
  // Broken YAML yields a broken tree: its faults would only repeat the first.
  const sources = yaml.faults.length > 0 ? [] : parseSources(yaml.root(), topicPrefix)
  if (yaml.faults.length > 0) {
    throw new CaptureFileError(
      file,
      yaml.faults.sort((a, b) => a.line - b.line),
    )
  }
  return { sources }
}

/** As `parseCaptureFile`, for the file at `path`. A file that cannot be read is its only fault. */
export function readCaptureFile(path: string, options: Omit<CaptureFileOptions, 'file'>): CaptureConfiguration {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new CaptureFileError(path, [{ path: '', line: 1, message: `the file cannot be read (${code})` }])
  }
  return parseCaptureFile(text, { ...options, file: path })
}

function parseSources(root: YamlValue, topicPrefix: string): CaptureSource[] {
  if (root.isNull()) {
    root.fault('is empty: sources is required')
    return []
  }
  return root.fields(['sources'])?.required('sources', (value) => parseSourceList(value, topicPrefix)) ?? []
}

function parseSourceList(value: YamlValue, topicPrefix: string): CaptureSource[] | null {
  const items = value.items()
  if (items?.length === 0) return value.fault('must name at least one source')
  const sources: CaptureSource[] = []
  for (const item of items ?? []) {
    const source = parseSource(item, topicPrefix)
    if (!source) continue
    for (const message of clashes(source, sources)) item.fault(message)
    sources.push(source)
  }
  return sources
}

/** What a source must not share with an earlier one. A resource may stand in several: one database per company is usual. */
function clashes(source: CaptureSource, earlier: readonly CaptureSource[]): string[] {
  const messages: string[] = []
  for (const other of earlier) {
    // Text of different case would be one slot by default, and one label to the eye.
    if (other.name.toLowerCase() === source.name.toLowerCase())
      messages.push(`the name ${source.name} is already taken`)
    else if (other.database === source.database && other.slot === source.slot) {
      messages.push(`the slot ${source.slot} is already that of ${other.name}`)
    }
    for (const { resource, entity } of source.tables) {
      const sibling = other.tables.find((table) => table.resource === resource)
      if (sibling && sibling.entity !== entity) {
        messages.push(`resource ${resource} has entity ${sibling.entity} in ${other.name}, and ${entity} here`)
      }
    }
  }
  return messages
}
