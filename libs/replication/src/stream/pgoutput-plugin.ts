import { PgoutputPlugin } from 'pg-logical-replication'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { PgoutputDecoder, type TableNames } from '../pgoutput/pgoutput-decoder.js'

type ReplicationClient = Parameters<PgoutputPlugin['start']>[0]

/** What is told of the stream beside its messages. Nothing of it may throw: the error would end the process. */
export interface StreamListeners {
  /** Called with each message when its bytes arrive, long before its turn comes. */
  readonly onArrival: (message: PgoutputMessage) => void
  /** Bytes that are no message. */
  readonly onFault: (error: unknown) => void
  /** The server warns of something, by its SQLSTATE. */
  readonly onWarning: (code: string) => void
}

/** Asks for `pgoutput` messages and decodes them by our own decoder. */
export class DecodingPlugin {
  readonly name = 'pgoutput'
  readonly options = {}
  private readonly decoder: PgoutputDecoder
  private readonly command: PgoutputPlugin

  constructor(
    publication: string,
    names: TableNames,
    private readonly listeners: StreamListeners,
  ) {
    this.decoder = new PgoutputDecoder(names)
    // Stands between single quotes in the command, and is a list of identifiers there.
    const name = `"${publication.replaceAll('"', '""')}"`.replaceAll("'", "''")
    this.command = new PgoutputPlugin({ protoVersion: 1, publicationNames: [name], messages: true })
  }

  start(client: ReplicationClient, slotName: string, lastLsn: string): Promise<unknown> {
    client.on('notice', ({ code }) => this.listeners.onWarning(code ?? ''))
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
