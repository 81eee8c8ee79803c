import type { JsonValue } from '@hooklane/contracts/public'
import { canonicalJson } from '@hooklane/core/kernel'
import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { Request, Response } from 'express'
import { createHash } from 'node:crypto'
import { callerOf, type Caller } from '../api-keys/caller.js'
import { invalid } from '../http/problem.js'

/** A POST as far as it matters for answering it once. */
export interface PostRequest {
  readonly caller: Caller
  /** The header `Idempotency-Key`; null: the request may be done as often as it comes. */
  readonly key: string | null
  /** Of the path and the body, whatever the order of its members: two requests with one key must agree in it. */
  readonly fingerprint: string
  readonly response: Response
}

/** Visible ASCII, as HTTP carries it unchanged. */
const KEY_FORM = /^[\x21-\x7e]{1,255}$/

/** The POST that is being answered. @throws Problem 400 */
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
