import { createApiKey, type ApiKeyKind } from '@hooklane/core/secrets'
import { ApiKeyEntity, TenantDatabase, type Scope, type Tables } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'
import { refusingConflicts, type Conflicts } from '../http/conflicts.js'
import { invalid, notFound, Problem, unprocessable } from '../http/problem.js'
import type { InTransaction } from '../idempotency/idempotent-requests.js'
import type { CreateApiKey, NewKeyRole } from './api-key.form.js'
import type { Caller } from '../access/caller.js'

export interface CreatedKey {
  readonly row: ApiKeyEntity
  /** Shown once: only its digest is kept. */
  readonly text: string
}

const CONFLICTS: Conflicts = {
  api_key_company_id_fkey: { path: 'Hooklane-Company', code: 'NOT_FOUND', message: 'there is no such company' },
  api_key_app_fkey: { path: 'appId', code: 'NOT_FOUND', message: 'there is no such app' },
}

/** Creates and revokes API keys. */
@Injectable()
export class ApiKeysService {
  constructor(private readonly database: TenantDatabase) {}

  /** @throws Problem 400, 403, 404, 422 */
  create(caller: Caller, body: CreateApiKey, transaction: InTransaction<CreatedKey>): Promise<CreatedKey> {
    const role = roleOf(body)
    if (role === 'operator' && !caller.isOperator) throw new Problem('FORBIDDEN', 'this needs an operator key')
    const appId = body.appId ?? null
    const { id, digest, text } = createApiKey(kindOf(role, appId))
    const row = Object.assign(new ApiKeyEntity(), {
      id,
      companyId: role === 'operator' ? null : caller.requireCompany(),
      appId,
      role,
      name: body.name,
      digest,
      createdAt: new Date(),
      revokedAt: null,
    })
    const scope: Scope = role === 'operator' ? { kind: 'operator' } : caller.scope
    const insert = async (tables: Tables): Promise<CreatedKey> => {
      // Postgres checks foreign keys without row-level security, so it would accept an app of another company. This lookup sees only the
      // apps of the caller's scope.
      if (appId !== null && !(await tables.apps.find(appId))) throw notFound('app')
      await tables.apiKeys.insert(row)
      return { row, text }
    }
    return refusingConflicts(CONFLICTS, () => transaction(scope, insert))
  }

  /** A key that is already revoked keeps its `revokedAt`. @throws Problem 404 */
  async revoke(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(caller.scope, async (tables) => {
      if (!(await tables.apiKeys.find(id))) throw notFound('API key')
      await tables.apiKeys.revoke(id, new Date())
    })
  }
}

function roleOf({ role, appId }: CreateApiKey): NewKeyRole {
  if (appId === undefined) {
    if (role !== undefined) return role
    throw invalid({ path: 'role', code: 'REQUIRED', message: 'is required' })
  }
  if (role === undefined || role === 'viewer') return 'viewer'
  throw unprocessable({ path: 'role', code: 'KEY_ROLE', message: 'must be viewer: a key of one app can only read' })
}

function kindOf(role: NewKeyRole, appId: string | null): ApiKeyKind {
  if (role === 'operator') return 'operator'
  return appId === null ? 'company' : 'app'
}
