/** Random numbers that a seed repeats (mulberry32). */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** In [0, 1). */
  next(): number {
    // A signed number of 32 bits is kept without an allocation.
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

  /** Reports that the present event may have settled a promise: its reactions then run before the next event. */
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

  /** Fails on thousands of events at one instant: they are a loop in which time never advances. */
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
 * Waits for every pending microtask and all that they cause: the next tick comes when no microtask is left. Unlike an immediate, it takes no
 * turn of the event loop. Still expensive, so it is skipped for events that settle no promise, which are most.
 */
const microtasksDone = (): Promise<void> =>
  new Promise((resolve) => {
    process.nextTick(resolve)
  })

/** Lets the event loop have a turn, so that whoever waits for the test can be served. */
const turnOfEventLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

const before = (a: Planned, b: Planned): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
