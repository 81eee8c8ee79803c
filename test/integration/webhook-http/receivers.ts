import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { WebhookRequest } from '@hooklane/core/delivery'
import {
  dial,
  parseAllowTargets,
  HttpWebhookSender,
  type Dial,
  type DialTarget,
  type WebhookSenderOptions,
} from '@hooklane/webhook-http'

export const LOCAL = parseAllowTargets('127.0.0.0/8,::1/128,localhost')

/** Closes everything that a test file has opened, because a leaked socket would keep the test run alive. */
export class Cleanup {
  private readonly steps: (() => Promise<unknown>)[] = []

  add(step: () => Promise<unknown>): void {
    this.steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) await step()
  }
}

export interface RawReceiver {
  readonly url: string
  readonly port: number
  /** The sockets accepted so far. */
  readonly sockets: Socket[]
  /** All bytes received so far, of all sockets. */
  received(): string
}

/** A TCP server whose responses the test writes byte by byte. */
export async function rawReceiver(cleanup: Cleanup, onSocket: (socket: Socket) => void): Promise<RawReceiver> {
  const sockets: Socket[] = []
  const chunks: Buffer[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => chunks.push(chunk))
    onSocket(socket)
  })
  const port = await listen(cleanup, server)
  cleanup.add(async () => sockets.forEach((socket) => socket.destroy()))
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    sockets,
    received: () => Buffer.concat(chunks).toString('latin1'),
  }
}

export async function listen(cleanup: Cleanup, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.add(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}

export const closed = (socket: Socket): Promise<void> =>
  socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()))

/**
 * Calls `answer` for each complete request (the headers, and a body as long as Content-Length says). `count` is 1 for the first request on
 * that socket, 2 for the second, and so on; `text` is the request.
 */
export function onRequest(socket: Socket, answer: (count: number, text: string) => void): void {
  let buffered = ''
  let count = 0
  socket.on('data', (chunk) => {
    buffered += chunk.toString('latin1')
    for (;;) {
      const head = buffered.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(buffered.slice(0, head))?.[1] ?? 0)
      const end = head + 4 + length
      if (buffered.length < end) return
      const text = buffered.slice(0, end)
      buffered = buffered.slice(end)
      answer((count += 1), text)
    }
  })
}

/** A function for opening connections that records their targets, and throws for a target outside this machine. */
export function recordingDial(): { dial: Dial; dialled: DialTarget[] } {
  const dialled: DialTarget[] = []
  return {
    dialled,
    dial: (target, signal) => {
      dialled.push(target)
      if (!/^(127\.|::1$)/.test(target.address)) throw new Error(`a test dialled ${target.address}`)
      return dial(target, signal)
    },
  }
}

export function senderOf(cleanup: Cleanup, options: Partial<WebhookSenderOptions> = {}): HttpWebhookSender {
  const sender = new HttpWebhookSender({ allowTargets: LOCAL, ...options })
  cleanup.add(() => sender.close())
  return sender
}

export function requestTo(url: string, change: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
    body: Buffer.from('{"a":1}'),
    success: '2xx',
    timeoutMs: 5_000,
    ...change,
  }
}
