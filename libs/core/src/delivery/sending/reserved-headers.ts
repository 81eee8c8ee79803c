/** Which headers a subscription may add to its requests. */

export const MAX_CUSTOM_HEADERS = 20
export const MAX_HEADER_NAME = 128
export const MAX_HEADER_VALUE = 1024

export type HeaderFaultCode = 'HEADER_NAME' | 'HEADER_VALUE' | 'HEADER_RESERVED' | 'HEADER_REPEATED' | 'HEADER_COUNT'

/** Why a header is refused. The message never repeats the value: it may be a secret. */
export interface HeaderFault {
  readonly code: HeaderFaultCode
  readonly message: string
}

/**
 * Framing, hop-by-hop and identity headers. An HTTP client would accept several of them, and then send a request that differs from the
 * signed one.
 */
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'content-encoding',
  'content-digest',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  'expect',
  'keep-alive',
  'accept-encoding',
  'user-agent',
  'via',
  'forwarded',
  'cookie',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'signature',
  'signature-input',
  'x-real-ip',
  '__proto__',
])

/** The last five begin the headers that metadata services of clouds require. */
const RESERVED_PREFIXES = [
  'proxy-',
  'x-forwarded-',
  'webhook-',
  'ce-',
  'x-aliyun-ecs-metadata',
  'x-aws-ec2-metadata',
  'x-amz',
  'x-goog',
  'metadata',
] as const

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VISIBLE = /^[\x20-\x7e]*$/

/** Whether a subscription may not set this header. `headerPrefix` begins the names of Hooklane's own headers (setting `HEADER_PREFIX`). */
export function isReservedHeader(name: string, headerPrefix = 'Pim-'): boolean {
  const lower = name.toLowerCase()
  return (
    RESERVED_NAMES.has(lower) ||
    lower.startsWith(headerPrefix.toLowerCase()) ||
    RESERVED_PREFIXES.some((prefix) => lower.startsWith(prefix))
  )
}

/**
 * Returns null when the header may be sent: its name is an HTTP token of at most 128 characters and not reserved, and its value has at most
 * 1,024 visible ASCII characters and spaces.
 */
export function validateHeader(name: string, value: string, headerPrefix = 'Pim-'): HeaderFault | null {
  if (name.length > MAX_HEADER_NAME || !TOKEN.test(name)) {
    return { code: 'HEADER_NAME', message: `must be 1 to ${MAX_HEADER_NAME} characters of an HTTP token` }
  }
  if (isReservedHeader(name, headerPrefix)) {
    return { code: 'HEADER_RESERVED', message: 'is reserved: Hooklane or the HTTP client sets it' }
  }
  if (value.length > MAX_HEADER_VALUE || !VISIBLE.test(value)) {
    return { code: 'HEADER_VALUE', message: `must be at most ${MAX_HEADER_VALUE} visible ASCII characters and spaces` }
  }
  return null
}

/** The faults of a whole list, each with the index of its header (null: the list itself). */
export function validateHeaders(
  headers: readonly { readonly name: string; readonly value: string }[],
  headerPrefix = 'Pim-',
): readonly (HeaderFault & { readonly index: number | null })[] {
  const faults: (HeaderFault & { readonly index: number | null })[] = []
  if (headers.length > MAX_CUSTOM_HEADERS) {
    faults.push({ index: null, code: 'HEADER_COUNT', message: `at most ${MAX_CUSTOM_HEADERS} headers` })
  }
  const seen = new Set<string>()
  headers.forEach(({ name, value }, index) => {
    const lower = name.toLowerCase()
    const fault: HeaderFault | null = seen.has(lower)
      ? { code: 'HEADER_REPEATED', message: 'appears more than once; header names are not case-sensitive' }
      : validateHeader(name, value, headerPrefix)
    seen.add(lower)
    if (fault) faults.push({ index, ...fault })
  })
  return faults
}
