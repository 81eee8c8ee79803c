import type { CaptureFile } from '@hooklane/config'
import type { CaptureSource } from '@hooklane/core'
import type { Logger, Readiness } from '@hooklane/observability'
import type { EventProducerMetrics } from '../metrics.js'

/** How soon a person who mends the file sees it work. */
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
 * again until nothing is wrong. A source that was started stays as it was read then, until the process ends.
 */
export class CapturedSources {
  private readonly started = new Set<string>()
  private lastMessage = ''
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly options: CapturedSourcesOptions) {}

  /** Reads the file, and again for as long as something is wrong with it. */
  look(): void {
    const file = this.options.read()
    for (const source of file.sources) {
      if (this.started.has(source.name)) continue
      this.started.add(source.name)
      this.options.start(source, file)
    }
    this.report(file)
    if (file.error) this.timer = setTimeout(() => this.look(), LOOK_AGAIN_MS)
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  private report({ error }: CaptureFile): void {
    const { metrics, readiness, logger } = this.options
    metrics.fileFaults.set(error?.faults.length ?? 0)
    if (!error) {
      readiness.set(PART, true)
      if (this.lastMessage !== '') logger.info('the capture file has no faults any more')
      return
    }
    readiness.set(PART, false, error.message)
    if (error.message !== this.lastMessage) logger.error({ code: error.code }, error.message)
    this.lastMessage = error.message
  }
}
