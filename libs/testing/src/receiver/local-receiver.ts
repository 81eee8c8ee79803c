import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** How the receiver responds to a request after it has read the whole request. */
export type ScriptedAnswer =
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Responds with `then` after `ms`. */
  | { readonly kind: 'delay'; readonly ms: number; readonly then?: ScriptedAnswer }
  /** Does not respond until `releaseHanging` is called or the sender gives up. */
  | { readonly kind: 'hang' }
  /** Resets the connection without a response. */
  | { readonly kind: 'reset' }

export const OK: ScriptedAnswer = { kind: 'status', status: 200, body: 'ok' }
export const status = (code: number, headers: Readonly<Record<string, string>> = {}): ScriptedAnswer => ({
  kind: 'status',
  status: code,
  headers,
})

/** One received request. Instants are monotonic milliseconds of one clock, so they can be compared across all requests. */
export interface ReceivedRequest {
  /** 0, 1, 2 … in the order in which requests arrived completely. */
  readonly index: number
  readonly path: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The unmodified bytes of the body. */
  readonly body: Buffer
  /** When the head had arrived. */
  readonly startedMs: number
  /** When the whole body had arrived. */
  readonly arrivedMs: number
  /** When the response was written to the socket, or the connection ended; null while neither has happened. */
  endedMs: number | null
  /** The status of the response; null when none was sent. */
  answered: number | null
}

/** Chooses the response to a request. `count` is the number of the request on its path, from 1. */
export type AnswerScript = (request: ReceivedRequest, count: number) => ScriptedAnswer

/**
 * A receiver on loopback that records every request and responds as the test scripts it. The script of a path is a list of responses, whose
 * last one is repeated, or a function. Paths without a script respond with 200.
 */
export class LocalReceiver {
  /** In the order of arrival. */
  readonly requests: ReceivedRequest[] = []
  private readonly byPath = new Map<string, ReceivedRequest[]>()
  private readonly scripts = new Map<string, AnswerScript>()
  private readonly counts = new Map<string, number>()
  private readonly sockets = new Set<Socket>()
  private hanging: (() => void)[] = []
  private readonly server = createServer((request, response) => void this.receive(request, response))

  private constructor() {
    this.server.keepAliveTimeout = 30_000
    this.server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  static async start(): Promise<LocalReceiver> {
    const receiver = new LocalReceiver()
    await new Promise<void>((resolve, reject) => {
      receiver.server.once('error', reject)
      receiver.server.listen(0, '127.0.0.1', resolve)
    })
    return receiver
  }

  /** `http://127.0.0.1:<port><path>` */
  url(path = '/'): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`
  }

  /** Sets the script of a path, from its next request on. Each response of a list is sent once, and the last one is repeated for ever. */
  script(path: string, answers: AnswerScript | ScriptedAnswer | readonly ScriptedAnswer[]): void {
    this.counts.delete(path)
    if (typeof answers === 'function') {
      this.scripts.set(path, answers)
      return
    }
    const list: readonly ScriptedAnswer[] = 'kind' in answers ? [answers] : answers
    this.scripts.set(path, (_request, count) => list[Math.min(count, list.length) - 1] ?? OK)
  }

  /** The requests to one path, in the order of arrival. The query is not part of the path. */
  at(path: string): readonly ReceivedRequest[] {
    return [...(this.byPath.get(path) ?? [])]
  }

  /** The bodies as JSON. */
  bodiesAt<T = Record<string, unknown>>(path: string): T[] {
    return this.at(path).map((request) => JSON.parse(request.body.toString('utf8')) as T)
  }

  /** Pairs of consecutive requests to one path that were in progress at the same time. Must be empty for the path of an app. */
  overlapsAt(path: string): readonly (readonly [ReceivedRequest, ReceivedRequest])[] {
    const requests = this.at(path)
    return requests.slice(1).flatMap((next, index) => {
      const previous = requests[index]
      const isOverlap = previous && (previous.endedMs === null || previous.endedMs > next.startedMs)
      return isOverlap ? [[previous, next] as const] : []
    })
  }

  /** Responds with 200 to every request that hangs now. */
  releaseHanging(): void {
    for (const release of this.hanging.splice(0)) release()
  }

  /** Number of open connections. */
  get connections(): number {
    return this.sockets.size
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now()
    const chunks: Buffer[] = []
    try {
      for await (const chunk of message) chunks.push(chunk as Buffer)
    } catch {
      // The sender gave up while it was writing. A request that never arrived completely is not recorded.
      return
    }
    const request = this.record(message, Buffer.concat(chunks), startedMs)
    response.once('close', () => (request.endedMs ??= performance.now()))
    const count = (this.counts.get(request.path) ?? 0) + 1
    this.counts.set(request.path, count)
    this.answer(request, response, this.scripts.get(request.path)?.(request, count) ?? OK)
  }

  private record(message: IncomingMessage, body: Buffer, startedMs: number): ReceivedRequest {
    const request: ReceivedRequest = {
      index: this.requests.length,
      path: (message.url ?? '/').split('?', 1)[0] ?? '/',
      method: message.method ?? '',
      headers: message.headers,
      body,
      startedMs,
      arrivedMs: performance.now(),
      endedMs: null,
      answered: null,
    }
    this.requests.push(request)
    const ofPath = this.byPath.get(request.path)
    if (ofPath) ofPath.push(request)
    else this.byPath.set(request.path, [request])
    return request
  }

  private answer(request: ReceivedRequest, response: ServerResponse, answer: ScriptedAnswer): void {
    if (response.destroyed) return
    switch (answer.kind) {
      case 'status':
        request.answered = answer.status
        // Order matters: `endedMs` is set before the bytes leave, so that the sender cannot start its next request before this request
        // counts as ended.
        request.endedMs = performance.now()
        response.writeHead(answer.status, answer.headers).end(answer.body ?? '')
        return
      case 'delay':
        setTimeout(() => this.answer(request, response, answer.then ?? OK), answer.ms)
        return
      case 'hang':
        this.hanging.push(() => this.answer(request, response, OK))
        return
      case 'reset':
        request.endedMs = performance.now()
        response.socket?.resetAndDestroy()
    }
  }
}
