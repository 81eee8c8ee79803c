import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Request } from 'express'
import { Problem } from '../http/problem.js'
import { ACCESS, mayCall, rememberCaller, type Caller, type Requirement } from './caller.js'
import { CallerIdentification } from './caller-identification.js'
import { FailedAttempts } from './failed-attempts.js'

const FOR_OPERATORS: Requirement = { access: 'operator', forAppKeys: false }

/** The only guard of the API, applied to every route. A route without `@Allow` is for operators. */
@Injectable()
export class KeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly callers: CallerIdentification,
    private readonly failedAttempts: FailedAttempts,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>()
    const caller = await this.callers.identify(request)
    if (!caller) throw this.unauthorized(request)
    const requirement =
      this.reflector.getAllAndOverride<Requirement | undefined>(ACCESS, [context.getHandler(), context.getClass()]) ??
      FOR_OPERATORS
    if (!mayCall(caller, requirement)) throw forbidden(caller, requirement)
    rememberCaller(request, caller)
    return true
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

function forbidden(caller: Caller, { access, forAppKeys }: Requirement): Problem {
  if (caller.appId !== null && !forAppKeys) {
    return new Problem('FORBIDDEN', 'the key of one app reads that app, its subscriptions, deliveries and attempts')
  }
  return new Problem('FORBIDDEN', `this needs ${access === 'operator' ? 'an operator key' : `the role ${access}`}`)
}
