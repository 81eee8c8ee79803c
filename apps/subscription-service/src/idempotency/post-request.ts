import type { JsonValue } from '@hooklane/contracts/public'
import { canonicalJson } from '@hooklane/core/kernel'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Request, Response } from 'express'
import { createHash } from 'node:crypto'
import { callerOf, type Caller } from '../access/caller.js'
import { invalid } from '../http/problem.js'

/** The parts of a POST request that decide whether it was already carried out. */
export interface PostRequest {
  readonly caller: Caller
  /** The header `Idempotency-Key`; null: the request is carried out every time it is sent. */
  readonly key: string | null
  /** Digest of the path and the body, independent of the order of members. Requests with the same key must have the same fingerprint. */
  readonly fingerprint: string
  readonly response: Response
}

/** Visible ASCII characters, because HTTP carries them unchanged. */
const KEY_FORM = /^[\x21-\x7e]{1,255}$/

/** The current POST request. @throws Problem 400 when the header `Idempotency-Key` is malformed */
export const IdempotentPost = createParamDecorator((_: unknown, context: ExecutionContext): PostRequest => {
  const http = context.switchToHttp()
  const request = http.getRequest<Request>()
  const key = request.headers['idempotency-key'] ?? null
  if (key !== null && (typeof key !== 'string' || !KEY_FORM.test(key))) {
    throw invalid({
      path: 'Idempotency-Key',
      code: 'INVALID',
      message: 'must be 1 to 255 visible ASCII characters without spaces',
    })
  }
  return {
    caller: callerOf(request),
    key,
    fingerprint: fingerprintOf(request.path, request.body as JsonValue | undefined),
    response: http.getResponse<Response>(),
  }
})

function fingerprintOf(path: string, body: JsonValue | undefined): string {
  const text = `${path}\0${canonicalJson(body ?? null)}`
  return createHash('sha256').update(text).digest('base64url')
}
