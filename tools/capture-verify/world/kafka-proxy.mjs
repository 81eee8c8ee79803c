import { createServer, connect } from 'node:net'
import { once } from 'node:events'

/** The API keys of the requests whose responses name brokers by host and port: Metadata and FindCoordinator. */
const NAMES_BROKERS = new Set([3, 10])
const LENGTH_BYTES = 4
/** Where the correlation id begins in a request: after the length, the API key and the version. The response repeats this id. */
const CORRELATION_AT = 8

/**
 * A proxy between the event-producer and a broker. It can cut connections at any moment and delay responses. A broker tells its clients its
 * own address, so the proxy replaces the port in such responses.
 */
export class KafkaProxy {
  /** By how much each response is delayed. */
  delayMs = 0
  #broker
  #server = createServer((client) => this.#join(client))
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set()

  /** @param {{ host: string, port: number }} broker */
  constructor(broker) {
    this.#broker = broker
  }

  /** Whether a proxy can stand in for a broker on this host: clients must reach the proxy under the same host name. @param {string} host */
  static canStandFor(host) {
    return host === '127.0.0.1' || host === 'localhost'
  }

  async start() {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port() {
    return /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port
  }

  get address() {
    return `${this.#broker.host}:${this.port}`
  }

  /** Breaks every connection, including requests in flight. @returns how many connections there were */
  cut() {
    const broken = this.#sockets.size / 2
    for (const socket of this.#sockets) socket.destroy()
    return broken
  }

  async stop() {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** @param {import('node:net').Socket} client */
  #join(client) {
    const broker = connect(this.#broker.port, this.#broker.host)
    /** Correlation ids of requests whose responses name brokers. @type {Set<number>} */
    const naming = new Set()
    const requests = new Frames((frame) => {
      if (NAMES_BROKERS.has(frame.readInt16BE(LENGTH_BYTES))) naming.add(frame.readInt32BE(CORRELATION_AT))
      broker.write(frame)
    })
    const answers = new Frames((frame) => {
      if (naming.delete(frame.readInt32BE(LENGTH_BYTES))) this.#rename(frame)
      if (this.delayMs === 0) client.write(frame)
      else setTimeout(() => client.write(frame), this.delayMs)
    })
    client.on('data', (bytes) => requests.take(bytes))
    broker.on('data', (bytes) => answers.take(bytes))
    for (const [socket, other] of /** @type {const} */ ([
      [client, broker],
      [broker, client],
    ])) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }

  /** Replaces the broker's port. In every version of these responses, the port is the four bytes after the host. @param {Buffer} frame */
  #rename(frame) {
    const { host, port } = this.#broker
    const named = Buffer.concat([Buffer.from(host), int32(port)])
    for (let at = frame.indexOf(named); at >= 0; at = frame.indexOf(named, at + 1))
      frame.writeInt32BE(this.port, at + host.length)
  }
}

/** Splits a stream into messages, each of which begins with its length. */
class Frames {
  /** @type {Buffer} */
  #rest = Buffer.alloc(0)
  #onFrame

  /** @param {(frame: Buffer) => void} onFrame */
  constructor(onFrame) {
    this.#onFrame = onFrame
  }

  /** @param {Buffer} bytes */
  take(bytes) {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (rest.length >= LENGTH_BYTES && rest.length >= LENGTH_BYTES + rest.readInt32BE(0)) {
      const end = LENGTH_BYTES + rest.readInt32BE(0)
      this.#onFrame(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    this.#rest = rest
  }
}

/** @param {number} value */
function int32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
