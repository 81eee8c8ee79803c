import { isSameDigest, parseApiKey, type ParsedApiKey } from '@hooklane/core'
import { TenantDatabase } from '@hooklane/postgres'
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Request } from 'express'
import { ID_FORM } from '../http/fields.js'
import { invalid, Problem } from '../http/problem.js'
import { ACCESS, Caller, mayCall, rememberCaller, type Access } from './caller.js'
import { FailedAttempts } from './failed-attempts.js'

/** The operator key of the configuration; only its digest is kept. */
export class ConfiguredOperatorKey {
  constructor(readonly key: ParsedApiKey) {}
}

/** Compared when there is no such key, so that a wrong id takes as long as a wrong secret. */
const NOBODY = Buffer.alloc(32)

/** The one guard of the API, on every route. Deny is the default: a route that says nothing is for operators. */
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
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ])
    if (!mayCall(caller, access ?? 'operator')) {
      const needs = access === undefined || access === 'operator' ? 'an operator key' : `the role ${access}`
      throw new Problem(403, 'FORBIDDEN', `this needs ${needs}`)
    }
    rememberCaller(request, caller)
    return true
  }

  private async identify(request: Request): Promise<Caller | null> {
    const text = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    const key = text === undefined ? null : parseApiKey(text)
    if (!key) return null
    if (key.id === this.operatorKey.key.id) {
      const isSame = isSameDigest(key.digest, this.operatorKey.key.digest) && key.kind === 'operator'
      return isSame ? new Caller(key.id, 'operator', namedCompany(request)) : null
    }
    const row = await this.database.within({ kind: 'apiKey', id: key.id }, (tables) =>
      tables.apiKeys.findForCheck(key.id),
    )
    const isSame = isSameDigest(key.digest, row?.digest ?? NOBODY)
    if (!row || !isSame || row.revokedAt !== null || (row.role === 'operator') !== (key.kind === 'operator'))
      return null
    return new Caller(row.id, row.role, row.role === 'operator' ? namedCompany(request) : row.companyId)
  }

  private unauthorized(request: Request): Problem {
    const waitSeconds = this.failedAttempts.add(request.socket.remoteAddress ?? '')
    if (waitSeconds !== null) {
      return new Problem(429, 'TOO_MANY_WRONG_KEYS', 'too many wrong keys from this address', {
        headers: { 'retry-after': String(waitSeconds) },
      })
    }
    return new Problem(401, 'UNAUTHORIZED', 'a valid key is needed: Authorization: Bearer <key>', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
}

function namedCompany(request: Request): string | null {
  const name = request.headers['hooklane-company']
  if (name === undefined) return null
  if (typeof name === 'string' && ID_FORM.test(name)) return name
  throw invalid({ path: 'Hooklane-Company', code: 'INVALID', message: 'must be the id of a company' })
}
