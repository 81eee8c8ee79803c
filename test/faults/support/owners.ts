import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** The owner of a worker group's partition, and the saved position: the offset before which all deliveries are done. */
export interface Owner {
  readonly partition: string
  readonly instance: string | null
  readonly epoch: bigint
  readonly position: bigint
}

/** Polls leases and positions in the database, and records what must never happen: an epoch or a position that goes back. */
export class OwnerWatch {
  readonly findings: string[] = []
  private readonly last = new Map<string, Owner>()
  private looking: Promise<unknown> = Promise.resolve()
  private turn: Promise<unknown> = Promise.resolve()
  private isStopped = false

  private constructor(private readonly pool: pg.Pool) {}

  static async start(databaseUrl: string): Promise<OwnerWatch> {
    const watch = new OwnerWatch(new pg.Pool({ connectionString: databaseUrl, max: 2 }))
    await watch.look()
    watch.looking = watch.lookOn()
    // `stop` rejects with an error of the polling. Without this handler, Node would report the error as unhandled before `stop`.
    watch.looking.catch(() => undefined)
    return watch
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await this.looking
    await this.pool.end()
  }

  /** Reads the owners once. Reads run one after the other, so that results are compared in the order in which they were read. */
  look(): Promise<readonly Owner[]> {
    const answer = this.turn.then(() => this.read())
    this.turn = answer.catch(() => undefined)
    return answer
  }

  private async read(): Promise<readonly Owner[]> {
    const { rows } = await this.pool.query<Record<string, string | null>>(
      `SELECT worker_group || '/' || partition AS partition, instance, epoch, coalesce(main_offset, 0) AS position
         FROM hooklane.partition_owner ORDER BY 1`,
    )
    const owners = rows.map((row) => ({
      partition: row.partition ?? '',
      instance: row.instance ?? null,
      epoch: BigInt(row.epoch ?? 0),
      position: BigInt(row.position ?? 0),
    }))
    for (const owner of owners) this.compare(owner)
    return owners
  }

  private async lookOn(): Promise<void> {
    while (!this.isStopped) {
      await this.look()
      await delay(LOOK_EVERY_MS)
    }
  }

  private compare(owner: Owner): void {
    const before = this.last.get(owner.partition)
    this.last.set(owner.partition, owner)
    if (!before) return
    if (owner.epoch < before.epoch) this.findings.push(`${owner.partition}: epoch ${owner.epoch} after ${before.epoch}`)
    if (owner.position < before.position)
      this.findings.push(`${owner.partition}: position ${owner.position} after ${before.position}`)
  }
}

const LOOK_EVERY_MS = 50
