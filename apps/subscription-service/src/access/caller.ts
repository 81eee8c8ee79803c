import type { ApiKeyRole, Scope } from '@hooklane/postgres/tenancy'
import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common'
import { ApiExtension } from '@nestjs/swagger'
import type { Request } from 'express'
import { Problem } from '../http/problem.js'

interface CallerIdentity {
  readonly keyId: string
  readonly role: ApiKeyRole
  /** Null: an operator that named no company and therefore reads all of them. */
  readonly companyId: string | null
  /** Set: the key belongs to one app and reads that app, its subscriptions, deliveries and attempts. */
  readonly appId: string | null
}

/** The caller, as identified by the API key. The company comes from the key; an operator names one in the header `Hooklane-Company`. */
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

  /** For operations that concern exactly one company. @throws Problem 400 */
  requireCompany(): string {
    if (this.companyId !== null) return this.companyId
    throw new Problem('COMPANY_REQUIRED', 'with an operator key, name the company in the header Hooklane-Company')
  }
}

/** The roles of a company key, each including the rights of the roles before it. Only operator keys have `operator`. */
export type Access = 'viewer' | 'editor' | 'owner' | 'operator'

export interface Requirement {
  readonly access: Access
  /** The key of one app may call the route too, and sees only what belongs to that app. */
  readonly forAppKeys: boolean
}

export const ACCESS = 'hooklane:access'
/** The extension of an operation's documentation that carries its `Requirement`. It is removed before the document is served. */
export const ACCESS_EXTENSION = 'x-hooklane-access'

/** Declares who may call a route. A route without it is for operators. Keys of one app are refused unless `forAppKeys` is set. */
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
