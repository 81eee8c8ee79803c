import { isDeepStrictEqual } from 'node:util'
import type { CaptureFile } from '@hooklane/config'
import type { CaptureSource } from '@hooklane/core/capture'
import type { Logger, Readiness } from '@hooklane/observability'
import type { EventProducerMetrics } from '../metrics.js'

/** How soon a person who fixes the file sees it work. */
const LOOK_AGAIN_MS = 2_000

const PART = 'capture file'

export interface CapturedSourcesOptions {
  readonly read: () => CaptureFile
  readonly start: (source: CaptureSource, file: CaptureFile) => void
  readonly metrics: EventProducerMetrics
  readonly readiness: Readiness
  readonly logger: Logger
}

/**
 * Starts the sources of the capture file. One that is written wrongly holds up no other: it is said where and what, and the file is read
 * again until nothing is wrong. A source that was started stays as it was read then, until the process ends: when the file says another
 * thing of it, nothing more is started, because a database may have another name there now and would be published twice.
 */
export class CapturedSources {
  private readonly started = new Map<string, CaptureSource>()
  private lastMessage = ''
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly options: CapturedSourcesOptions) {}

  /** Reads the file, and again for as long as something is wrong with it. */
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

  /** Names of sources that run as the file no longer says. */
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

const restartFor = (changed: readonly string[]): string =>
  changed.length === 0
    ? ''
    : `the capture file no longer says of ${changed.join(', ')} what is being read, and nothing more of it is started: put it back, or ` +
      `restart the event-producer`
