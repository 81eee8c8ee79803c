/** A generator of random numbers (mulberry32). The same seed gives the same numbers. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** In [0, 1). */
  next(): number {
    // `| 0` makes a signed number of 32 bits, which the engine stores without an allocation.
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!
  }
}

interface Planned {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Virtual time. Events run one after the other; events at the same instant run in the order in which they were planned. */
export class Schedule {
  nowMs = 0
  private order = 0
  private atInstant = 0
  private readonly heap: Planned[] = []
  private hasPromises = false

  at(atMs: number, run: () => void): void {
    const { heap } = this
    heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.order++, run })
    let i = heap.length - 1
    while (i > 0 && before(heap[i]!, heap[(i - 1) >> 1]!)) i = this.swap(i, (i - 1) >> 1)
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run)
  }

  /** Called when the current event may have settled a promise. The reactions of the promise then run before the next event. */
  promiseSettled(): void {
    this.hasPromises = true
  }

  /** Runs events until `isDone` returns true or `untilMs` is reached. */
  async run(untilMs: number, isDone: () => boolean): Promise<void> {
    await turnOfEventLoop()
    for (let next = this.heap[0]; next && next.atMs <= untilMs && !isDone(); next = this.heap[0]) {
      this.take()
      this.countInstant(next.atMs)
      next.run()
      if (!this.hasPromises) continue
      this.hasPromises = false
      await microtasksDone()
    }
  }

  /** Fails on thousands of events at one instant, because they come from a loop in which time never advances. */
  private countInstant(atMs: number): void {
    this.atInstant = atMs === this.nowMs ? this.atInstant + 1 : 0
    if (this.atInstant > 10_000) throw new Error(`time stands still at ${atMs}`)
    this.nowMs = atMs
  }

  private take(): void {
    const { heap } = this
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    for (let i = 0; ;) {
      let smallest = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && before(heap[child]!, heap[smallest]!)) smallest = child
      }
      if (smallest === i) return
      i = this.swap(i, smallest)
    }
  }

  private swap(a: number, b: number): number {
    const { heap } = this
    const one = heap[a]!
    heap[a] = heap[b]!
    heap[b] = one
    return b
  }
}

/**
 * Waits until no microtask is left, because `nextTick` calls back only then. `setImmediate` would do the same, but would take a turn of the
 * event loop. Even `nextTick` is expensive, so `run` skips this wait after the many events that settle no promise.
 */
const microtasksDone = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve)
  })

/** Waits for one turn of the event loop, so that pending I/O and timers of the test process are served. */
const turnOfEventLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const before = (a: Planned, b: Planned): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
