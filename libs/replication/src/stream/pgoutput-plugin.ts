import { parseTimelineHistory, type LogIdentity, type TimelineHistory } from '@hooklane/core/capture'
import { DatabaseError } from 'pg'
import { PgoutputPlugin } from 'pg-logical-replication'
import { beginCaptureSession } from '../session-settings.js'
import type { KnownTables } from '../pgoutput/known-tables.js'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.js'

type ReplicationClient = Parameters<PgoutputPlugin['start']>[0]

/** Callbacks of the stream. None of them may throw: the error would end the process. */
export interface StreamListeners {
  /** Called before the stream starts, with the WAL that this connection will read. */
  readonly onIdentified: (log: LogIdentity, timelines: TimelineHistory) => void
  /** Called with each message when its bytes arrive, long before the message is processed. */
  readonly onArrival: (message: PgoutputMessage) => void
  /** Called when bytes cannot be decoded as a message. */
  readonly onFault: (error: unknown) => void
  /** Called with the SQLSTATE of each warning of the server. */
  readonly onWarning: (code: string) => void
}

/** Identifies the WAL, then starts the `pgoutput` stream and decodes it with our own decoder. */
export class DecodingPlugin {
  readonly name = 'pgoutput'
  readonly options = {}
  private readonly decoder: PgoutputDecoder
  private readonly command: PgoutputPlugin

  constructor(
    publication: string,
    tables: KnownTables,
    private readonly listeners: StreamListeners,
  ) {
    this.decoder = new PgoutputDecoder(tables)
    // The command takes a list of identifiers inside single quotes, so quotes of both kinds are doubled.
    const name = `"${publication.replaceAll('"', '""')}"`.replaceAll("'", "''")
    this.command = new PgoutputPlugin({ protoVersion: 1, publicationNames: [name], messages: true })
  }

  async start(client: ReplicationClient, slotName: string, lastLsn: string): Promise<unknown> {
    client.on('notice', ({ code }) => this.listeners.onWarning(code ?? ''))
    await beginCaptureSession(client)
    const log = await identify(client)
    this.listeners.onIdentified(log, await timelinesOf(client, log))
    return this.command.start(client, slotName, lastLsn)
  }

  parse(buffer: Buffer): PgoutputMessage {
    try {
      const message = this.decoder.decode(buffer)
      this.listeners.onArrival(message)
      return message
    } catch (error) {
      this.listeners.onFault(error)
      return { tag: 'other' }
    }
  }
}

async function identify(client: ReplicationClient): Promise<LogIdentity> {
  const { rows } = await client.query<{ systemid: string; timeline: string | number }>('IDENTIFY_SYSTEM')
  const [row] = rows
  if (!row) throw new Error('the server did not identify itself')
  return { systemIdentifier: row.systemid, timeline: Number(row.timeline) }
}

/** SQLSTATE `undefined_file` */
const NO_HISTORY = '58P01'

/** The first timeline has no history. A history file that was removed counts as empty. */
async function timelinesOf(client: ReplicationClient, { timeline }: LogIdentity): Promise<TimelineHistory> {
  if (timeline === 1) return new Map()
  try {
    return await readTimelines(client, timeline)
  } catch (error) {
    if (error instanceof DatabaseError && error.code === NO_HISTORY) return new Map()
    throw error
  }
}

async function readTimelines(client: ReplicationClient, timeline: number): Promise<TimelineHistory> {
  const { rows } = await client.query<{ content: string | Buffer }>(`TIMELINE_HISTORY ${timeline}`)
  return parseTimelineHistory(String(rows[0]?.content ?? ''))
}
