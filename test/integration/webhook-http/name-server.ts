import { createSocket } from 'node:dgram'
import type { Cleanup } from './receivers.js'

export type NameAnswer =
  | { readonly kind: 'addresses'; readonly v4?: readonly string[]; readonly v6?: readonly string[] }
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'silence' }
  /**
   * A chain of CNAME records: the queried name is an alias of the first of `names`, which is an alias of the second, and so on. The last
   * name has the address `v4`.
   */
  | { readonly kind: 'aliases'; readonly names: readonly string[]; readonly v4: string }
  /** The response is too large for a datagram, so its flag `truncated` is set. The server does not listen on TCP. */
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** The server answers a query for IPv4, and does not answer a query for IPv6. */
  | { readonly kind: 'onlyV4'; readonly v4: readonly string[] }

export interface NameServer {
  readonly server: string
  /** The queries so far: name and type. */
  readonly asked: string[]
}

const TYPE_A = 1
const TYPE_CNAME = 5
const TYPE_AAAA = 28

/** A DNS server on loopback whose answers the test determines. */
export async function nameServer(cleanup: Cleanup, answer: (name: string) => NameAnswer): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query)
    asked.push(`${name} ${type === TYPE_A ? 'A' : 'AAAA'}`)
    const reply = replyTo(query.subarray(0, end), type, answer(name))
    if (reply) socket.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  cleanup.add(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return { server: `127.0.0.1:${socket.address().port}`, asked }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function replyTo(question: Buffer, type: number, answer: NameAnswer): Buffer | null {
  if (answer.kind === 'silence' || (answer.kind === 'onlyV4' && type === TYPE_AAAA)) return null
  const code = answer.kind === 'code' ? answer.code : 0
  const isCut = answer.kind === 'tooLarge'
  const records = isCut ? [Buffer.alloc(answer.bytes)] : answer.kind === 'code' ? [] : allRecords(type, answer)
  const header = Buffer.from(question)
  header.writeUInt16BE(0x8180 | code | (isCut ? TRUNCATED : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, ...records])
}

const TRUNCATED = 0x0200

function allRecords(type: number, answer: Exclude<NameAnswer, { kind: 'code' | 'silence' | 'tooLarge' }>): Buffer[] {
  if (answer.kind !== 'aliases') return recordsOf(type, answer)
  if (type !== TYPE_A) return []
  // Each alias is written in full, without compression pointers, so that no offsets have to be computed.
  const question = Buffer.from([0xc0, 0x0c])
  const owners = [question, ...answer.names.map(encodedName)]
  const links = answer.names.map((name, at) => record(owners[at] ?? question, TYPE_CNAME, encodedName(name)))
  const address = Buffer.from(answer.v4.split('.').map(Number))
  return [...links, record(owners.at(-1) ?? question, TYPE_A, address)]
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, fixed, data])
}

const encodedName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'ascii')])),
    Buffer.alloc(1),
  ])

function recordsOf(type: number, answer: { v4?: readonly string[]; v6?: readonly string[] }): Buffer[] {
  const addresses = type === TYPE_A ? (answer.v4 ?? []) : (answer.v6 ?? [])
  return addresses.map((address) => {
    const data = type === TYPE_A ? Buffer.from(address.split('.').map(Number)) : v6Bytes(address)
    const head = Buffer.alloc(12)
    head.writeUInt16BE(0xc00c, 0)
    head.writeUInt16BE(type, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(data.length, 10)
    return Buffer.concat([head, data])
  })
}

function v6Bytes(address: string): Buffer {
  const [left = '', right = ''] = address.split('::')
  const words = (part: string) => part.split(':').filter((word) => word !== '')
  const [head, tail] = [words(left), words(right)]
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail]
  return Buffer.concat(all.map((word) => Buffer.from(word.padStart(4, '0'), 'hex')))
}
