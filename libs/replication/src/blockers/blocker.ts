/** A session or a prepared transaction on the captured server that has to end before Hooklane's work there can continue. */
export interface Blocker {
  /** `unknown`: the work has been taking long, but Hooklane could not read what blocks it. */
  readonly kind: 'session' | 'prepared' | 'unknown'
  /** Tells blockers apart, for example `session 4711` or `prepared transaction import-7`. */
  readonly id: string
  /** The id, and the facts about the blocker that the login may see. Never the text of a query, because a query may contain data. */
  readonly description: string
  /** SQL for a person to run. It ends the blocker or, if the blocker cannot be named, lists the candidates. Hooklane never runs it. */
  readonly statement: string
}

/**
 * Called with the blockers when work waits, again from time to time while it waits, and without blockers when the wait is over. Must not
 * throw.
 * @param work name of the work that waits, for example "the creation of the replication slot pim"
 */
export type OnWaiting = (work: string, blockers: readonly Blocker[]) => void

/** A session or prepared transaction that holds locks (see `describeHolders`). Null: there is no value, or the login may not see it. */
export interface HolderRow {
  /** A prepared transaction has the id of the session that prepared it or, after a restart of the server, an id of its own. */
  readonly virtualtransaction: string
  /** Null: the holder is a prepared transaction. */
  readonly pid: number | null
  readonly application: string | null
  readonly login: string | null
  readonly database: string | null
  readonly state: string | null
  /** How long the transaction has been open, or prepared. */
  readonly seconds: string | null
  readonly gid: string | null
  /** What blocks the session itself, as `pg_blocking_pids` returns it: the pids of sessions, and 0 for each prepared transaction. */
  readonly blocked_by: readonly number[] | null
}

export function blockerOf(holder: HolderRow): Blocker {
  const { pid, gid } = holder
  if (pid !== null) {
    const statement = `SELECT pg_terminate_backend(${pid});`
    return describe(holder, { kind: 'session', id: `session ${pid}`, statement })
  }
  // A prepared transaction without a `gid` ended while the query read the locks. A `gid` that cannot be printed cannot be copied. In both
  // cases the statement lists all prepared transactions.
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

/** Stands for the blockers of the session `pid` when they cannot be read. @param reason why they cannot be read */
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

/** Replaces control characters. Users of the captured server choose the names, and a terminal would execute control sequences in them. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '·')
