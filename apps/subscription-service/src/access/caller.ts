import type { ApiKeyRole, Scope } from '@hooklane/postgres/tenancy'
import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { Request } from 'express'
import { Problem } from '../http/problem.js'

interface CallerIdentity {
  readonly keyId: string
  readonly role: ApiKeyRole
  /** Null: the caller is an operator that named no company, and therefore reads all companies. */
  readonly companyId: string | null
  /** The only app that the key can read, with its subscriptions, deliveries and attempts; null: the key is not limited to one app. */
  readonly appId: string | null
}

/** The caller, identified by an API key. The key determines the company; an operator names a company in the header `Hooklane-Company`. */
export class Caller implements CallerIdentity {
  readonly keyId: string
  readonly role: ApiKeyRole
  readonly companyId: string | null
  readonly appId: string | null

  constructor({ keyId, role, companyId, appId }: CallerIdentity) {
    this.keyId = keyId
    this.role = role
    this.companyId = companyId
    this.appId = appId
  }

  get isOperator(): boolean {
    return this.role === 'operator'
  }

  /** What this caller may see. */
  get scope(): Scope {
    const { companyId, appId } = this
    if (companyId === null) return { kind: 'operator' }
    return appId === null ? { kind: 'company', companyId } : { kind: 'app', companyId, appId }
  }

  /** Returns the company, for operations that need one. @throws Problem 400 when an operator named no company */
  requireCompany(): string {
    if (this.companyId !== null) return this.companyId
    throw new Problem('COMPANY_REQUIRED', 'with an operator key, name the company in the header Hooklane-Company')
  }
}

/** The roles of keys. Each role includes the rights of the roles before it. Only operator keys have `operator`. */
export type Access = 'viewer' | 'editor' | 'owner' | 'operator'

export interface Requirement {
  readonly access: Access
  /** Whether the key of one app may call the route too. Such a key sees only what belongs to its app. */
  readonly forAppKeys: boolean
}

export const ACCESS = 'hooklane:access'
/** The OpenAPI extension by which `Allow` passes the `Requirement` to `completeDocument`, which removes it from the document. */
export const ACCESS_EXTENSION = 'x-hooklane-access'

/** Declares who may call a route. Without `Allow`, only operators may. Keys of one app may only if `forAppKeys` is set. */
export const Allow = (
  access: Access,
  options: { readonly forAppKeys?: boolean } = {},
): ClassDecorator & MethodDecorator => {
  const requirement: Requirement = { access, forAppKeys: options.forAppKeys ?? false }
  return applyDecorators(SetMetadata(ACCESS, requirement), ApiExtension(ACCESS_EXTENSION, requirement))
}

const RANK: Readonly<Record<Access, number>> = { viewer: 0, editor: 1, owner: 2, operator: 3 }

export const mayCall = (caller: Caller, { access, forAppKeys }: Requirement): boolean =>
  RANK[caller.role] >= RANK[access] && (caller.appId === null || forAppKeys)

const callers = new WeakMap<Request, Caller>()

export function rememberCaller(request: Request, caller: Caller): void {
  callers.set(request, caller)
}

export function callerOf(request: Request): Caller {
  const caller = callers.get(request)
  if (!caller) throw new Error('a route was reached without the key guard')
  return caller
}

/** The caller that the key guard identified. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller =>
  callerOf(context.switchToHttp().getRequest<Request>()),
)
