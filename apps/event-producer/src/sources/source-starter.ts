import { isDeepStrictEqual } from 'node:util'
import type { CaptureFile } from '@hooklane/config'
import type { CaptureSource } from '@hooklane/core/capture'
import type { Logger, Readiness } from '@hooklane/observability'
import type { EventProducerMetrics } from '../metrics.js'

/** Pause before a faulty file is read again. A person who fixes the file sees the effect after this time. */
const LOOK_AGAIN_MS = 2_000

const PART = 'capture file'

export interface SourceStarterOptions {
  readonly read: () => CaptureFile
  readonly start: (source: CaptureSource, file: CaptureFile) => void
  readonly metrics: EventProducerMetrics
  readonly readiness: Readiness
  readonly logger: Logger
}

/**
 * Starts the sources of the capture file. A source with a fault holds up no other source: the fault is reported with its line, and the file
 * is read again until it has no faults.
 *
 * A source that was started keeps its definition until the process ends. If the file then defines it differently, no further source is
 * started: the file may have given the source another name, and its database would be published twice.
 */
export class SourceStarter {
  private readonly started = new Map<string, CaptureSource>()
  private lastMessage = ''
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly options: SourceStarterOptions) {}

  /** Reads the file, and reads it again while it has faults or defines a running source differently. */
  look(): void {
    const file = this.options.read()
    const changed = this.changedSince(file)
    if (changed.length === 0) this.startNew(file)
    this.report(file, changed)
    if (file.error || changed.length > 0) this.timer = setTimeout(() => this.look(), LOOK_AGAIN_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  private startNew(file: CaptureFile): void {
    for (const source of file.sources) {
      if (this.started.has(source.name)) continue
      this.started.set(source.name, source)
      this.options.start(source, file)
    }
  }

  /** Names of running sources that the file defines differently now, or not at all. */
  private changedSince({ sources }: CaptureFile): string[] {
    const read = new Map(sources.map((source) => [source.name, source]))
    return [...this.started]
      .filter(([name, source]) => !isDeepStrictEqual(read.get(name), source))
      .map(([name]) => name)
  }

  private report({ error }: CaptureFile, changed: readonly string[]): void {
    const { metrics, readiness, logger } = this.options
    metrics.fileFaults.set(error?.faults.length ?? 0)
    const parts = [error?.message ?? '', restartFor(changed)].filter((part) => part !== '')
    const message = parts.join('\n')
    if (message === '') readiness.set(PART, true)
    else readiness.set(PART, false, message)
    if (message !== this.lastMessage) {
      if (message === '') logger.info('the capture file has no faults any more')
      else logger.error({ ...(error ? { code: error.code } : {}) }, message)
    }
    this.lastMessage = message
  }
}

function restartFor(changed: readonly string[]): string {
  if (changed.length === 0) return ''
  const are = changed.length === 1 ? 'it is' : 'they are'
  return (
    `the capture file no longer defines ${changed.join(', ')} the way ${are} currently being captured, so no other source is started: ` +
    `put the definition back, or restart the event-producer`
  )
}
