import type { ApiKeyRole, Scope } from '@hooklane/postgres'
import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common'
import type { Request } from 'express'
import { Problem } from '../http/problem.js'

/** Who asks, as their key says. The company comes from the key; an operator names one in the header `Hooklane-Company`. */
export class Caller {
  constructor(
    readonly keyId: string,
    readonly role: ApiKeyRole,
    /** Null: an operator that names no company and therefore reads all of them. */
    readonly companyId: string | null,
  ) {}

  get isOperator(): boolean {
    return this.role === 'operator'
  }

  /** What this caller may see. */
  get scope(): Scope {
    return this.companyId === null ? { kind: 'operator' } : { kind: 'company', companyId: this.companyId }
  }

  /** For what can only be done for one company. @throws Problem 400 */
  requireCompany(): string {
    if (this.companyId !== null) return this.companyId
    throw new Problem(400, 'COMPANY_REQUIRED', 'an operator key must name the company in the header Hooklane-Company')
  }
}

/** A company key's roles, each with the rights of those before it; `operator` is for operator keys alone. */
export type Access = 'viewer' | 'editor' | 'owner' | 'operator'

export const ACCESS = 'hooklane:access'

/** Who may call. A route without it is for operators. */
export const Allow = (access: Access): CustomDecorator => SetMetadata(ACCESS, access)

const RANK: Readonly<Record<Access, number>> = { viewer: 0, editor: 1, owner: 2, operator: 3 }

export const mayCall = (caller: Caller, access: Access): boolean => RANK[caller.role] >= RANK[access]

const callers = new WeakMap<Request, Caller>()

export function rememberCaller(request: Request, caller: Caller): void {
  callers.set(request, caller)
}

/** The caller, put there by the guard. */
export const WhoAsks = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callers.get(context.switchToHttp().getRequest<Request>())
  if (!caller) throw new Error('a route was reached without the key guard')
  return caller
})
