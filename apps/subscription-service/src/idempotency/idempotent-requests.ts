import type { Sealer } from '@hooklane/core/secrets'
import { TenantDatabase, type IdempotencyName, type Scope, type Tables } from '@hooklane/postgres/tenancy'
import { Inject, Injectable } from '@nestjs/common'
import { refusingConflicts, type Conflicts } from '../http/conflicts.js'
import { Problem } from '../http/problem.js'
import { setEtag } from '../http/etag.js'
import type { PostRequest } from './post-request.js'

export const STORED_RESPONSE_SEALER = Symbol('StoredResponseSealer')

/** How long responses are kept. Too short: requests that a client repeats the next day are carried out twice. Too long: a larger table. */
const KEPT_HOURS = 24
/** Seconds after which a client repeats a request that is in progress. A write takes milliseconds, so a longer wait would be needless. */
const IN_PROGRESS_RETRY_S = 1

/** The error when the caller named an unknown company. A stored response refers to the company, even if the operation needs none. */
const CONFLICTS: Conflicts = {
  idempotency_key_company_id_fkey: {
    path: 'Hooklane-Company',
    code: 'NOT_FOUND',
    message: 'there is no such company',
  },
}

/** Runs the single transaction in which a request does all its writing. */
export type InTransaction<Result> = (scope: Scope, work: (tables: Tables) => Promise<Result>) => Promise<Result>

export interface Answer<View> {
  readonly body: View
  /** The version of the resource, sent as ETag; null: the response has no ETag. */
  readonly resource: { readonly revision: number } | null
}

/** A response as it is stored (sealed). */
interface StoredResponse {
  readonly fingerprint: string
  readonly status: number
  readonly revision: number | null
  readonly body: unknown
}

/** Thrown to end the transaction when an earlier request with the same key has already done the work. */
class AlreadyAnswered extends Error {
  constructor(readonly answer: StoredResponse) {
    super('the request was answered before')
    this.name = 'AlreadyAnswered'
  }
}

/**
 * Carries out POST requests, at most once per `Idempotency-Key`. The response is stored in the transaction of the work, so that after a
 * crash either both exist or neither does. A repeated request finds the response, or does the work. Errors are not stored, because nothing
 * was done. A repeated request that arrives while the first one is still in progress gets 409 with `Retry-After`. A lock shows that the
 * first request is in progress. The lock is released when the first request's transaction ends, also after a crash.
 */
@Injectable()
export class IdempotentRequests {
  constructor(
    private readonly database: TenantDatabase,
    @Inject(STORED_RESPONSE_SEALER) private readonly sealer: Sealer,
  ) {}

  /** @param act must do all its writing in one call of `transaction`; `toAnswer` turns the result into the response */
  async answer<Result, View>(
    post: PostRequest,
    toAnswer: (result: Result) => Answer<View>,
    act: (transaction: InTransaction<Result>) => Promise<Result>,
  ): Promise<View> {
    const name = nameOf(post)
    if (!name) return respond(post, toAnswer(await act((scope, work) => this.database.transaction(scope, work))))
    const known = await this.database.transaction(post.caller.scope, (tables) => this.find(tables, name, post))
    if (known) return replay<View>(post, known)
    try {
      const once: InTransaction<Result> = (scope, work) => this.once({ post, name, toAnswer }, scope, work)
      return respond(post, toAnswer(await refusingConflicts(CONFLICTS, () => act(once))))
    } catch (error) {
      if (error instanceof AlreadyAnswered) return replay<View>(post, error.answer)
      throw error
    }
  }

  private once<Result, View>(
    request: {
      readonly post: PostRequest
      readonly name: IdempotencyName
      readonly toAnswer: (result: Result) => Answer<View>
    },
    scope: Scope,
    work: (tables: Tables) => Promise<Result>,
  ): Promise<Result> {
    const { post, name, toAnswer } = request
    return this.database.transaction(scope, async (tables) => {
      if (!(await tables.idempotency.claim(name))) throw inProgress()
      // Order matters: look again after the claim, or a response that was stored in between would be missed.
      const known = await this.find(tables, name, post)
      if (known) throw new AlreadyAnswered(known)
      const result = await work(tables)
      const { body, resource } = toAnswer(result)
      const { fingerprint, response } = post
      const kept: StoredResponse = {
        fingerprint,
        status: response.statusCode,
        revision: resource?.revision ?? null,
        body,
      }
      await tables.idempotency.keep(name, this.sealer.seal(JSON.stringify(kept), aadOf(name)), KEPT_HOURS)
      return result
    })
  }

  /** @throws Problem 422 when the key was used for another request */
  private async find(tables: Tables, name: IdempotencyName, post: PostRequest): Promise<StoredResponse | null> {
    const sealed = await tables.idempotency.find(name)
    if (sealed === null) return null
    const kept = JSON.parse(this.sealer.unseal(sealed, aadOf(name))) as StoredResponse
    if (kept.fingerprint === post.fingerprint) return kept
    const message = 'this Idempotency-Key was used for another request: use a new one for each request'
    throw new Problem('IDEMPOTENCY_KEY_REUSED', message)
  }
}

function nameOf({ key, caller }: PostRequest): IdempotencyName | null {
  return key === null ? null : { apiKeyId: caller.keyId, companyId: caller.companyId, key }
}

const aadOf = ({ apiKeyId, companyId, key }: IdempotencyName): string =>
  `${companyId ?? ''}/${apiKeyId}/idempotency/${key}`

function respond<View>({ response }: PostRequest, { body, resource }: Answer<View>): View {
  if (resource) setEtag(response, resource)
  return body
}

function replay<View>({ response }: PostRequest, { status, revision, body }: StoredResponse): View {
  response.status(status).set('idempotency-replayed', 'true')
  if (revision !== null) setEtag(response, { revision })
  return body as View
}

function inProgress(): Problem {
  return new Problem(
    'IDEMPOTENCY_KEY_IN_PROGRESS',
    'the first request with this Idempotency-Key is still in progress: try again',
    { headers: { 'retry-after': String(IN_PROGRESS_RETRY_S) } },
  )
}
