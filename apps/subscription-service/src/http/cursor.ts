import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { invalid } from './problem.js'

const MAC_BYTES = 16

/**
 * Makes and reads list cursors. A cursor is opaque to callers. A MAC binds it to the list, the filters, and the caller's company and app.
 * `decode` refuses a cursor that was made up, changed, or issued to another company.
 */
export class Cursors {
  private readonly key: Buffer

  /** @param secret the newest sealing key. Adding a newer key invalidates all cursors issued so far */
  constructor(secret: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'hooklane list cursors', 32))
  }

  /** @param context text that names what the cursor is bound to */
  encode(context: string, position: object): string {
    const body = Buffer.from(JSON.stringify(position), 'utf8')
    return Buffer.concat([this.mac(context, body), body]).toString('base64url')
  }

  /** @throws Problem 400 `INVALID` */
  decode<Position>(context: string, cursor: string): Position {
    const bytes = Buffer.from(cursor, 'base64url')
    const body = bytes.subarray(MAC_BYTES)
    if (bytes.length <= MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(context, body))) {
      throw invalid({
        path: 'cursor',
        code: 'CURSOR_INVALID',
        message: 'is not a valid cursor for this list with these filters',
      })
    }
    return JSON.parse(body.toString('utf8')) as Position
  }

  private mac(context: string, body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(`${context}\0`).update(body).digest().subarray(0, MAC_BYTES)
  }
}
