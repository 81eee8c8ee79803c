import { SimulatedProcess } from './simulated-process.js'
import { defaultKnobs, type Knobs, type Mutation } from './knobs.js'
import { Violation } from './oracle.js'
import { World } from './world.js'

export interface Outcome {
  readonly seed: number
  readonly violation: string | null
  readonly invariant: string | null
  readonly figures: World['oracle']['figures']
  readonly endedAtMs: number
}

/** Simulates one schedule. The same seed, knobs and mutation give the same outcome. */
export async function simulate(
  seed: number,
  mutation: Mutation | null = null,
  change: Partial<Knobs> = {},
): Promise<Outcome> {
  const world = new World(seed, { ...defaultKnobs, ...change }, mutation)
  const storm = new Storm(world)
  const outcome = (error: unknown): Outcome => ({
    seed,
    violation: error === null ? null : (error as Error).message,
    invariant: error === null ? null : error instanceof Violation ? error.invariant : 'error',
    figures: world.oracle.figures,
    endedAtMs: world.schedule.nowMs,
  })
  try {
    storm.begin()
    await world.schedule.run(world.knobs.endMs, () => world.mustEnd())
    world.checkFailure()
    world.oracle.checkEnd()
    if (world.hasParkedLane()) throw new Violation('I9', 'a lane is still parked at the end')
    return outcome(null)
  } catch (error) {
    return outcome(error)
  }
}

/** Causes the faults: crashes, freezes, outages of the database, and rebalances. A process may learn of a rebalance late. */
class Storm {
  private readonly processes: SimulatedProcess[] = []
  private generations = 0

  constructor(private readonly world: World) {}

  begin(): void {
    const { knobs, dice, schedule } = this.world
    for (let i = 0; i < knobs.processes; i++) this.processes.push(new SimulatedProcess(`process-${i}`, this.world))
    this.rebalance()
    for (let i = 0; i < knobs.faults; i++) schedule.at(dice.between(1_000, knobs.stormMs), () => this.strike())
    schedule.at(knobs.stormMs + 1_000, () => this.rebalance(true))
  }

  private strike(): void {
    const { knobs, dice, schedule } = this.world
    const victim = Math.floor(dice.next() * this.processes.length)
    const process = this.processes[victim]!
    const kind = dice.next()
    if (kind < knobs.crashes) {
      process.isAlive = false
      schedule.after(dice.between(500, 8_000), () => {
        this.processes[victim] = new SimulatedProcess(process.name, this.world)
        this.rebalance()
      })
    } else if (kind < knobs.crashes + knobs.freezes) {
      process.frozenUntilMs = schedule.nowMs + dice.between(1_000, 70_000)
      if (process.frozenUntilMs > schedule.nowMs + 10_000) schedule.after(10_000, () => this.rebalance())
      schedule.at(process.frozenUntilMs + 500, () => this.rebalance())
    } else if (kind < knobs.crashes + knobs.freezes + knobs.storeOutages) {
      process.cutOffUntilMs = schedule.nowMs + dice.between(5_000, 60_000)
    } else {
      this.rebalance()
    }
  }

  /** Assigns the partitions to the processes that are alive and not frozen. A process may learn its new assignment late. */
  private rebalance(atOnce = false): void {
    const { knobs, dice, schedule } = this.world
    const members = this.processes.filter((one) => one.isAlive && schedule.nowMs >= one.frozenUntilMs)
    if (members.length === 0) return schedule.after(5_000, () => this.rebalance(atOnce))
    const generation = ++this.generations
    const shares = new Map(this.processes.map((one) => [one, new Set<number>()]))
    for (let partition = 0; partition < knobs.partitions; partition++) shares.get(dice.pick(members))!.add(partition)
    for (const [process, share] of shares) {
      const isLate = !atOnce && dice.chance(0.15)
      process.later(isLate ? dice.between(3_000, 60_000) : dice.between(1, 200), () => process.learn(share, generation))
    }
  }
}
