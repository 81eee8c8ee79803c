/** A session or a prepared transaction of the captured server for whose end some work of ours waits. */
export interface Blocker {
  /** Tells blockers apart: `session 4711`, `prepared transaction import-7`. */
  readonly id: string
  /** The id, and what the login may see of it. Never the text of a query, because it may hold data. */
  readonly description: string
  /** The statement that ends it, or shows it when it cannot be named. We never run it. */
  readonly statement: string
}

/**
 * Called when work waits for others, again while it still waits, and with no blockers once it waits no longer. Must not throw.
 * @param work what waits: "the creation of the replication slot pim"
 */
export type OnWaiting = (work: string, blockers: readonly Blocker[]) => void

/** A holder of locks, as `describeHolders` reads it. Null: there is no such thing, or the login may not see it. */
export interface HolderRow {
  /** Null: it is a prepared transaction. */
  readonly pid: number | null
  readonly application: string | null
  readonly login: string | null
  readonly database: string | null
  readonly state: string | null
  /** How long its transaction has been open, or prepared. */
  readonly seconds: string | null
  readonly gid: string | null
  /** For whom a session waits itself, like `pg_blocking_pids`: pids, and 0 for a prepared transaction. */
  readonly blocked_by: readonly number[] | null
}

export function blockerOf(holder: HolderRow): Blocker {
  const { pid, gid } = holder
  if (pid !== null) return describe(`session ${pid}`, holder, `SELECT pg_terminate_backend(${pid});`)
  if (gid !== null)
    return describe(`prepared transaction ${gid}`, holder, `ROLLBACK PREPARED '${gid.replaceAll("'", "''")}';`)
  // It ended between two looks at the tables of locks.
  return describe('a prepared transaction', holder, 'SELECT gid, database, prepared FROM pg_prepared_xacts;')
}

/** For work that has been taking long, while it cannot be read for whom it waits. */
export const unknownBlocker = (reason: string, applicationName: string): Blocker => ({
  id: 'unknown sessions',
  description: `unknown sessions (they cannot be read: ${printable(reason)})`,
  statement: `SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity WHERE application_name = '${applicationName}';`,
})

function describe(
  id: string,
  { application, login, database, state, seconds, blocked_by: others }: HolderRow,
  statement: string,
): Blocker {
  const facts = [
    ...(application ? [`application ${application}`] : []),
    ...(login === null ? [] : [`user ${login}`]),
    ...(database === null ? [] : [`database ${database}`]),
    ...(state === null ? [] : [state]),
    ...(seconds === null ? [] : [`transaction open for ${seconds} s`]),
    ...(others === null ? [] : [`waits itself for ${others.map(nameOfPid).join(' and ')}`]),
  ]
  const description = facts.length === 0 ? id : `${id} (${facts.join(', ')})`
  return { id: printable(id), description: printable(description), statement: printable(statement) }
}

const nameOfPid = (pid: number): string => (pid === 0 ? 'a prepared transaction' : `session ${pid}`)

/** Names are chosen by others, and may contain control sequences, which a terminal would execute. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '·')
