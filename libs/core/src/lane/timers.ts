import type { Lane } from './lane.js'

/**
 * The instants at which lanes go on, in a binary heap. An entry is never removed before its instant. When its instant comes, the caller
 * ignores the entry if the lane no longer waits for it.
 */
export class Timers {
  private readonly heap: Entry[] = []

  add(atMs: number, lane: Lane): void {
    this.heap.push({ atMs, lane })
    this.rise(this.heap.length - 1)
  }

  /** The earliest instant; Infinity when there is no entry. */
  nextMs(): number {
    return this.heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Takes the earliest lane whose instant has come. */
  takeDue(nowMs: number): Lane | null {
    const first = this.heap[0]
    if (!first || first.atMs > nowMs) return null
    const last = this.heap.pop()
    if (last && last !== first) {
      this.heap[0] = last
      this.sink()
    }
    return first.lane
  }

  private rise(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.at(parent) <= this.at(at)) return
      this.swap(parent, at)
      at = parent
    }
  }

  private sink(): void {
    let at = 0
    for (;;) {
      let smallest = at
      if (this.at(2 * at + 1) < this.at(smallest)) smallest = 2 * at + 1
      if (this.at(2 * at + 2) < this.at(smallest)) smallest = 2 * at + 2
      if (smallest === at) return
      this.swap(smallest, at)
      at = smallest
    }
  }

  private at(index: number): number {
    return this.heap[index]?.atMs ?? Number.POSITIVE_INFINITY
  }

  private swap(a: number, b: number): void {
    const one = this.heap[a]
    const other = this.heap[b]
    if (!one || !other) return
    this.heap[a] = other
    this.heap[b] = one
  }
}

interface Entry {
  readonly atMs: number
  readonly lane: Lane
}
