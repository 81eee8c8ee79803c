/** The state that a part of the service reports. */
export interface PartState {
  readonly ready: boolean
  /** Why the part is not ready, or its progress; shown by `/health/ready`. */
  readonly detail?: string
}

/**
 * Whether the service can do its work now. Every part registers itself before the service starts. The service is ready when all parts
 * are ready and it is not draining. Liveness is separate: a part that can never recover by itself calls `fail`, and the process should
 * then be replaced.
 */
export class Readiness {
  private readonly parts = new Map<string, PartState>()
  private isDraining = false
  private failure: string | null = null

  set(part: string, ready: boolean, detail?: string): void {
    this.parts.set(part, detail === undefined ? { ready } : { ready, detail })
  }

  /** Makes the service not ready for good, so that the platform sends it no more work. */
  drain(): void {
    this.isDraining = true
  }

  /** Reports that the process cannot recover by itself. */
  fail(reason: string): void {
    this.failure = reason
  }

  get isReady(): boolean {
    return !this.isDraining && this.failure === null && [...this.parts.values()].every((part) => part.ready)
  }

  get isAlive(): boolean {
    return this.failure === null
  }

  report(): {
    readonly status: 'ready' | 'notReady' | 'draining' | 'failed'
    readonly reason?: string
    readonly parts: Record<string, PartState>
  } {
    const parts = Object.fromEntries(this.parts)
    if (this.failure !== null) return { status: 'failed', reason: this.failure, parts }
    if (this.isDraining) return { status: 'draining', parts }
    return { status: this.isReady ? 'ready' : 'notReady', parts }
  }
}
