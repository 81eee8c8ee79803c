import type { EmittedContext, RowChange, TransactionInfo } from '@hooklane/core/capture'
import {
  ReplicationStream,
  type PreparedSource,
  type SlotPosition,
  type ReplicatedSource,
  type SlotLag,
  type SourceWarning,
  type StreamState,
  type TransactionConsumer,
} from '@hooklane/replication'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { dropWithSlots } from '../event-producer/capture-world.js'
import { eventually } from '../event-producer/eventually.js'
import { createEmptyDatabase, type TestDatabase } from '../postgres/test-database.js'

export interface ReadTransaction {
  readonly info: TransactionInfo
  readonly changes: readonly RowChange[]
  /** The texts of the context messages; null for a message that is not text. */
  readonly contexts: readonly (string | null)[]
}

/** Records everything that a stream delivers to it. The test may set `onCommit`. */
export class Recorder implements TransactionConsumer {
  readonly transactions: ReadTransaction[] = []
  readonly slots: SlotPosition[] = []
  readonly states: StreamState[] = []
  readonly lags: SlotLag[] = []
  readonly warnings: SourceWarning[] = []
  /** Called at each commit, before the transaction is added to `transactions`. */
  onCommit: (transaction: TransactionInfo) => Promise<void> | void = () => undefined
  #changes: RowChange[] = []
  #contexts: (string | null)[] = []

  connected({ slot }: PreparedSource): Promise<void> {
    this.slots.push(slot)
    return Promise.resolve()
  }

  begin(): undefined {
    this.#changes = []
    this.#contexts = []
  }

  change(change: RowChange): Promise<void> | undefined {
    this.#changes.push(change)
    return undefined
  }

  context(context: EmittedContext): void {
    this.#contexts.push(context.readText())
  }

  async commit(info: TransactionInfo): Promise<void> {
    await this.onCommit(info)
    this.transactions.push({ info, changes: this.#changes, contexts: this.#contexts })
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  /** The pause after each failure so far. */
  pauses(): number[] {
    return this.states.flatMap((state) => (state.phase === 'failing' ? [state.retryInMs] : []))
  }

  phasesSinceFailure(): string[] {
    const phases = this.states.map(({ phase }) => phase)
    return phases.slice(phases.indexOf('failing'))
  }

  /** The id of the row that the current transaction inserted last; null if its last change was not an insert. */
  lastInserted(): string | null {
    const last = this.#changes.at(-1)
    return last?.op === 'insert' ? (last.after.get('id') ?? null) : null
  }

  /** The first column of every inserted row, grouped by transaction. */
  inserted(): string[][] {
    return this.transactions.map(({ changes }) =>
      changes.flatMap((change) => (change.op === 'insert' ? [String([...change.after.values()][0])] : [])),
    )
  }
}

/** A database, and streams that read it. */
export class SourceWorld {
  readonly #streams: ReplicationStream[] = []
  readonly #sessions: pg.Client[] = []
  readonly #roles: string[] = []
  readonly slot = `rep_${randomBytes(4).toString('hex')}`

  private constructor(readonly database: TestDatabase) {}

  /** @param serverUrl the server for the database; default: the server that all tests share */
  static async create(serverUrl?: string): Promise<SourceWorld> {
    return new SourceWorld(await createEmptyDatabase('replication', serverUrl))
  }

  source(changes: Partial<ReplicatedSource> = {}): ReplicatedSource {
    return {
      name: 'test',
      databaseUrl: this.database.url,
      slot: this.slot,
      publication: this.slot,
      tables: [{ schema: 'public', table: 'item', columns: ['id'], id: ['id'] }],
      resetInstructions: 'start over',
      ...changes,
    }
  }

  stream(recorder: Recorder, changes: Partial<ReplicatedSource> = {}): ReplicationStream {
    const stream = new ReplicationStream({
      source: this.source(changes),
      consumer: recorder,
      applicationName: 'replication-test',
      onState: (state) => recorder.states.push(state),
      onLag: (lag) => recorder.lags.push(lag),
      onWarning: (warning) => recorder.warnings.push(warning),
      inspectEveryMs: 500,
    })
    this.#streams.push(stream)
    stream.start()
    return stream
  }

  async streaming(recorder: Recorder): Promise<void> {
    await eventually(() => {
      if (recorder.states.at(-1)?.phase !== 'streaming') throw new Error(JSON.stringify(recorder.states.at(-1)))
    })
  }

  /** Starts a stream, waits until it fails, and returns the code and message of its first error. */
  async refusal(changes: Partial<ReplicatedSource> = {}): Promise<{ readonly code: string; readonly message: string }> {
    const recorder = new Recorder()
    const stream = this.stream(recorder, changes)
    const error = await eventually(() => {
      const state = recorder.states.find((one) => one.phase === 'failing')
      if (state?.phase !== 'failing') throw new Error('not refused')
      return state.error
    })
    await stream.stop()
    return { code: error.code, message: error.message }
  }

  async session(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.database.url })
    await client.connect()
    this.#sessions.push(client)
    return client
  }

  /** Creates a login role, and returns a connection URL for it. */
  async login(attributes: string, grants = ''): Promise<string> {
    const role = `role_${randomBytes(4).toString('hex')}`
    this.#roles.push(role)
    await this.database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'p' ${attributes}`)
    if (grants !== '') await this.database.query(grants.replaceAll('$role', role))
    const url = new URL(this.database.url)
    url.username = role
    url.password = 'p'
    return url.href
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.stop()))
    await Promise.all(this.#sessions.map((session) => session.end()))
    for (const role of this.#roles) await this.database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await dropWithSlots(this.database)
  }
}
