import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { Problem } from './problem.js'

const MAX_BODY_BYTES = 256 * 1024
const MAX_BODY_DEPTH = 32
const MAX_BODY_KEYS = 2_000

/** Parses JSON bodies within limits. A deeper body could be parsed, but would overflow the stack of code that recurses into it. */
export function bodyParser(): RequestHandler {
  const parse = express.json({ limit: MAX_BODY_BYTES, strict: true, type: ['application/json', 'application/*+json'] })
  return (request: Request, response: Response, next: NextFunction) => {
    parse(request, response, (error?: unknown) => {
      if (error) return next(toProblem(error))
      if (request.body === undefined && hasBody(request)) {
        return next(new Problem('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json'))
      }
      next(refusalOf(request.body))
    })
  }
}

const hasBody = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0

function toProblem(error: unknown): Problem {
  const type = (error as { type?: string }).type ?? ''
  switch (type) {
    case 'entity.too.large':
      return new Problem('BODY_TOO_LARGE', `the body must not exceed ${MAX_BODY_BYTES} bytes`)
    case 'entity.parse.failed':
      return new Problem('MALFORMED_JSON', 'the body is not valid JSON: an object is expected')
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json in UTF-8')
    default:
      return new Problem('INVALID', 'the body cannot be read')
  }
}

/** Names by which a body could reach prototypes. No resource has such a field, and libraries would drop it without an error. */
const PROTOTYPE_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

interface Place {
  readonly path: string
  readonly value: unknown
}

/** Checks the body level by level, never recursively. Returns undefined when it accepts the body. */
function refusalOf(body: unknown): Problem | undefined {
  let keys = 0
  let level: Place[] = [{ path: '', value: body }]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_BODY_DEPTH) return new Problem('BODY_TOO_DEEP', `the body must not exceed ${MAX_BODY_DEPTH} levels`)
    const next = level.flatMap(childrenOf)
    keys += next.length
    if (keys > MAX_BODY_KEYS) return new Problem('BODY_TOO_LARGE', `the body must not exceed ${MAX_BODY_KEYS} members`)
    const forbidden = next.find(({ path }) => PROTOTYPE_NAMES.has(path.slice(path.lastIndexOf('.') + 1)))
    if (forbidden) return unknownField(forbidden.path)
    level = next
  }
  return undefined
}

function childrenOf({ path, value }: Place): Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).map(([key, child]) => ({
    path: path === '' ? key : `${path}.${key}`,
    value: child as unknown,
  }))
}

function unknownField(path: string): Problem {
  const message = 'is not a field of this resource'
  return new Problem('UNKNOWN_FIELD', `${path}: ${message}`, {
    errors: [{ path, code: 'UNKNOWN_FIELD', message }],
  })
}
