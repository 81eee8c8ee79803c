import { PgoutputPlugin } from 'pg-logical-replication'
import type { PgoutputMessage } from '../pgoutput/message.js'
import { PgoutputDecoder } from '../pgoutput/pgoutput-decoder.js'

type ReplicationClient = Parameters<PgoutputPlugin['start']>[0]

/** Asks for `pgoutput` messages and decodes them by our own decoder. */
export class DecodingPlugin {
  readonly name = 'pgoutput'
  readonly options = {}
  private readonly decoder = new PgoutputDecoder()
  private readonly command: PgoutputPlugin

  /**
   * @param onArrival called with each message when its bytes arrive, long before its turn comes
   * @param onFault called for bytes that are no message: thrown from here, the error would end the process
   */
  constructor(
    publication: string,
    private readonly onArrival: (message: PgoutputMessage) => void,
    private readonly onFault: (error: unknown) => void,
  ) {
    // Stands between single quotes in the command, and is a list of identifiers there.
    const name = `"${publication.replaceAll('"', '""')}"`.replaceAll("'", "''")
    this.command = new PgoutputPlugin({ protoVersion: 1, publicationNames: [name], messages: true })
  }

  start(client: ReplicationClient, slotName: string, lastLsn: string): Promise<unknown> {
    return this.command.start(client, slotName, lastLsn)
  }

  parse(buffer: Buffer): PgoutputMessage {
    try {
      const message = this.decoder.decode(buffer)
      this.onArrival(message)
      return message
    } catch (error) {
      this.onFault(error)
      return { tag: 'other' }
    }
  }
}
