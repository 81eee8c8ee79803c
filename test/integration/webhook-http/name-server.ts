import { createSocket } from 'node:dgram'
import type { Cleanup } from './receivers.js'

export type NameAnswer =
  | { readonly kind: 'addresses'; readonly v4?: readonly string[]; readonly v6?: readonly string[] }
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'silence' }
  /** IPv4 answers, IPv6 hangs. */
  | { readonly kind: 'onlyV4'; readonly v4: readonly string[] }

export interface NameServer {
  readonly server: string
  /** Names as they were asked, with the type. */
  readonly asked: string[]
}

const TYPE_A = 1
const TYPE_AAAA = 28

/** A DNS server on loopback whose answers the test writes. */
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
  const records = answer.kind === 'code' ? [] : recordsOf(type, answer)
  const header = Buffer.from(question)
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, ...records])
}

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
