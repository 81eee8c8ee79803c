/** Lets one loop sleep until something happened or a time is over. What happened, the loop looks up itself, in the same tick. */
export class Wakeup {
  #wake: (() => void) | null = null

  notify(): void {
    this.#wake?.()
  }

  /** Resolves at the next `notify`, or after `limitMs`. One at a time. */
  wait(limitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = limitMs === undefined ? undefined : setTimeout(() => this.#wake?.(), limitMs)
      this.#wake = () => {
        this.#wake = null
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
