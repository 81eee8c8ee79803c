import { rm } from 'node:fs/promises'
import { startPostgres } from '../../../tools/stack/postgres.mjs'
import { ProcessRegistry } from '../../../tools/stack/process-registry.mjs'

type Postgres = Awaited<ReturnType<typeof startPostgres>>

/** The database server of the PIM, separate from Hooklane's. */
export class SourceServer {
  private constructor(
    private readonly dir: string,
    private readonly registry: ProcessRegistry,
    private server: Postgres,
  ) {}

  /** Starts with empty data. Ends a server that an earlier run left running in this folder. */
  static async start(dir: string): Promise<SourceServer> {
    const registry = new ProcessRegistry(`${dir}.processes.json`, (fault) => {
      throw new Error(fault)
    })
    await registry.endLeftovers(() => undefined)
    await rm(dir, { recursive: true, force: true })
    return new SourceServer(dir, registry, await startAt(dir, registry))
  }

  get url(): string {
    return this.server.url
  }

  /** Ends the server by `signal` (SIGINT: fast shutdown, SIGQUIT: immediate shutdown) and starts it again on the same port. */
  async restart(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    this.server.kill(signal)
    await this.server.exited
    this.server = await startAt(this.dir, this.registry, Number(new URL(this.url).port))
  }

  async stop(): Promise<void> {
    await this.server.stop()
    this.registry.prune()
  }
}

const startAt = (dir: string, registry: ProcessRegistry, port?: number): Promise<Postgres> =>
  startPostgres({
    dataDir: dir,
    onSpawn: (started) => registry.add(started),
    ...(port === undefined ? {} : { port }),
  })
