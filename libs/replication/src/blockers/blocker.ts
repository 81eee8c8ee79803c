/** A session or a prepared transaction of the captured server that has to end before some work of ours continues. */
export interface Blocker {
  /** `unknown`: the work has been taking long, but who blocks it cannot be read. */
  readonly kind: 'session' | 'prepared' | 'unknown'
  /** Tells blockers apart: `session 4711`, `prepared transaction import-7`. */
  readonly id: string
  /** The id, and what the login may see of it. Never the text of a query, because it may hold data. */
  readonly description: string
  /** Ends it, or lists the candidates if it cannot be named. Hooklane never runs it. */
  readonly statement: string
}

/**
 * Called when work waits for others, again while it still waits, and with no blockers once it waits no longer. Must not throw.
 * @param work what waits: "the creation of the replication slot pim"
 */
export type OnWaiting = (work: string, blockers: readonly Blocker[]) => void

/** A holder of locks, as `describeHolders` reads it. Null: there is no such thing, or the login may not see it. */
export interface HolderRow {
  /** Its virtual transaction id; that of the session which prepared it, if it is a prepared transaction. */
  readonly virtualtransaction: string
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
  if (pid !== null) {
    const statement = `SELECT pg_terminate_backend(${pid});`
    return describe(holder, { kind: 'session', id: `session ${pid}`, statement })
  }
  // Without a name it ended between two looks at the tables of locks. A name that cannot be printed cannot be copied.
  if (gid === null || printable(gid) !== gid) {
    const id = gid === null ? 'a prepared transaction' : `prepared transaction ${gid}`
    return describe(holder, {
      kind: 'prepared',
      id,
      statement: 'SELECT gid, database, prepared FROM pg_prepared_xacts;',
    })
  }
  const statement = `ROLLBACK PREPARED '${gid.replaceAll("'", "''")}';`
  return describe(holder, { kind: 'prepared', id: `prepared transaction ${gid}`, statement })
}

/** For work of the session `pid` that has been taking long, while it cannot be read for whom it waits. */
export const unknownBlocker = (reason: string, pid: number): Blocker => ({
  kind: 'unknown',
  id: 'unknown',
  description: printable(reason),
  statement: `SELECT * FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(${pid}));`,
})

function describe(
  { application, login, database, state, seconds, blocked_by: others }: HolderRow,
  { kind, id, statement }: Omit<Blocker, 'description'>,
): Blocker {
  const facts = [
    ...(application ? [`application ${application}`] : []),
    ...(login === null ? [] : [`user ${login}`]),
    ...(database === null ? [] : [`database ${database}`]),
    ...(state === null ? [] : [state]),
    ...(seconds === null ? [] : [`transaction open for ${seconds} s`]),
    ...(others === null ? [] : [`which itself waits for ${others.map(nameOfPid).join(' and ')}`]),
  ]
  const description = facts.length === 0 ? id : `${id} (${facts.join(', ')})`
  return { kind, id: printable(id), description: printable(description), statement }
}

const nameOfPid = (pid: number): string => (pid === 0 ? 'a prepared transaction' : `session ${pid}`)

/** Names are chosen by others, and may contain control sequences, which a terminal would execute. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '·')
