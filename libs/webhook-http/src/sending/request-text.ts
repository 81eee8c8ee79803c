import type { WebhookRequest } from '@hooklane/core/delivery'

/** Where a request goes. */
export interface RequestTarget {
  /** The host as the URL prints it: with the port if it is not the default of the scheme. */
  readonly host: string
  readonly path: string
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Headers that determine the end of a request or control the connection. Only this module writes them. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
])

/** Returns the header lines of a request; null when a header cannot be written or would change how the request is read. */
export function headerLines(headers: Readonly<Record<string, string>>): string | null {
  let lines = ''
  for (const name of Object.keys(headers)) {
    const value = headers[name] ?? ''
    if (!TOKEN.test(name) || !VALUE.test(value) || OF_THE_CONNECTION.has(name.toLowerCase())) return null
    lines += `${name}: ${value}\r\n`
  }
  return lines
}

/**
 * Returns a function that writes the whole request into one buffer, so that one write sends it. `isKept`: whether another request may
 * follow on the connection.
 * @param lines from `headerLines`
 */
export function requestBytes(
  { method, body }: WebhookRequest,
  target: RequestTarget,
  lines: string,
): (isKept: boolean) => Buffer {
  return (isKept) => {
    const connection = isKept ? 'keep-alive' : 'close'
    const head =
      `${method} ${target.path} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: ${connection}\r\n` +
      `${lines}content-length: ${body.length}\r\n\r\n`
    const bytes = Buffer.allocUnsafe(head.length + body.length)
    bytes.write(head, 0, 'latin1')
    body.copy(bytes, head.length)
    return bytes
  }
}
