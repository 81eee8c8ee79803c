import { isSameDigest, parseApiKey, type ApiKeyKind, type ParsedApiKey } from '@hooklane/core/access'
import { TenantDatabase, type ApiKeyEntity } from '@hooklane/postgres/tenancy'
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Request } from 'express'
import { ID_FORM } from '../http/fields.js'
import { invalid, Problem } from '../http/problem.js'
import { ACCESS, Caller, mayCall, rememberCaller, type Requirement } from './caller.js'
import { FailedAttempts } from './failed-attempts.js'

/** The operator key from the settings. Only its digest is kept. */
export class ConfiguredOperatorKey {
  constructor(readonly key: ParsedApiKey) {}
}

const FOR_OPERATORS: Requirement = { access: 'operator', forAppKeys: false }

/** Compared when the key does not exist, so that a wrong id takes as long as a wrong secret. */
const ZERO_DIGEST = Buffer.alloc(32)

/** The only guard of the API, applied to every route. A route without `@Allow` is for operators. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly database: TenantDatabase,
    private readonly operatorKey: ConfiguredOperatorKey,
    private readonly failedAttempts: FailedAttempts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>()
    const caller = await this.identify(request)
    if (!caller) throw this.unauthorized(request)
    const requirement =
      this.reflector.getAllAndOverride<Requirement | undefined>(ACCESS, [context.getHandler(), context.getClass()]) ??
      FOR_OPERATORS
    if (!mayCall(caller, requirement)) throw forbidden(caller, requirement)
    rememberCaller(request, caller)
    return true
  }

  private async identify(request: Request): Promise<Caller | null> {
    const key = bearerKey(request)
    if (!key) return null
    return key.id === this.operatorKey.key.id ? this.asOperator(key, request) : this.asStored(key, request)
  }

  /** By the operator's key of the settings, which is in no table. */
  private asOperator(key: ParsedApiKey, request: Request): Caller | null {
    const isSame = isSameDigest(key.digest, this.operatorKey.key.digest) && key.kind === 'operator'
    return isSame ? new Caller(key.id, 'operator', namedCompany(request)) : null
  }

  private async asStored(key: ParsedApiKey, request: Request): Promise<Caller | null> {
    const row = await this.database.transaction({ kind: 'apiKey', id: key.id }, (tables) =>
      tables.apiKeys.findForCheck(key.id),
    )
    const isSame = isSameDigest(key.digest, row?.digest ?? ZERO_DIGEST)
    if (!row || !isSame || row.revokedAt !== null || kindOf(row) !== key.kind) return null
    return new Caller(row.id, row.role, row.role === 'operator' ? namedCompany(request) : row.companyId, row.appId)
  }

  private unauthorized(request: Request): Problem {
    const waitSeconds = this.failedAttempts.add(request.socket.remoteAddress ?? '')
    if (waitSeconds !== null) {
      return new Problem('TOO_MANY_WRONG_KEYS', 'too many wrong API keys from this address', {
        headers: { 'retry-after': String(waitSeconds) },
      })
    }
    return new Problem('UNAUTHORIZED', 'a valid API key is required: Authorization: Bearer <key>', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
}

function bearerKey(request: Request): ParsedApiKey | null {
  const text = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  return text === undefined ? null : parseApiKey(text)
}

function kindOf(row: ApiKeyEntity): ApiKeyKind {
  if (row.role === 'operator') return 'operator'
  return row.appId === null ? 'company' : 'app'
}

function forbidden(caller: Caller, { access, forAppKeys }: Requirement): Problem {
  if (caller.appId !== null && !forAppKeys) {
    return new Problem('FORBIDDEN', 'the key of one app reads that app, its subscriptions, deliveries and attempts')
  }
  return new Problem('FORBIDDEN', `this needs ${access === 'operator' ? 'an operator key' : `the role ${access}`}`)
}

function namedCompany(request: Request): string | null {
  const name = request.headers['hooklane-company']
  if (name === undefined) return null
  if (typeof name === 'string' && ID_FORM.test(name)) return name
  throw invalid({ path: 'Hooklane-Company', code: 'INVALID', message: 'must be the id of a company' })
}
