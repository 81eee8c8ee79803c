import { isSameDigest, parseApiKey, type ApiKeyKind, type ParsedApiKey } from '@hooklane/core/secrets'
import { TenantDatabase, type ApiKeyEntity } from '@hooklane/postgres/tenancy'
import { Injectable } from '@nestjs/common'
import type { Request } from 'express'
import { ID_FORM } from '../http/fields.js'
import { invalid } from '../http/problem.js'
import { Caller } from './caller.js'

/** The operator key from the settings. Only its digest is kept. */
export class ConfiguredOperatorKey {
  constructor(readonly key: ParsedApiKey) {}
}

/** Compared with the secret when no key has the id, so that the response to a wrong id takes as long as one to a wrong secret. */
const ZERO_DIGEST = Buffer.alloc(32)

/** Identifies the caller of a request by its API key. */
@Injectable()
export class CallerIdentification {
  constructor(
    private readonly database: TenantDatabase,
    private readonly operatorKey: ConfiguredOperatorKey,
  ) {}

  /** Returns null when the request has no valid key. @throws Problem 400 when an operator names a malformed company id */
  async identify(request: Request): Promise<Caller | null> {
    const key = bearerKey(request)
    if (!key) return null
    return key.id === this.operatorKey.key.id ? this.asOperator(key, request) : this.asStored(key, request)
  }

  /** Checks the key against the operator key from the settings, which is in no table. */
  private asOperator(key: ParsedApiKey, request: Request): Caller | null {
    const isSame = isSameDigest(key.digest, this.operatorKey.key.digest) && key.kind === 'operator'
    return isSame
      ? new Caller({ keyId: key.id, role: 'operator', companyId: namedCompany(request), appId: null })
      : null
  }

  private async asStored(key: ParsedApiKey, request: Request): Promise<Caller | null> {
    const row = await this.database.transaction({ kind: 'apiKey', id: key.id }, (tables) =>
      tables.apiKeys.findForCheck(key.id),
    )
    const isSame = isSameDigest(key.digest, row?.digest ?? ZERO_DIGEST)
    if (!row || !isSame || row.revokedAt !== null || kindOf(row) !== key.kind) return null
    const { id, role, appId } = row
    const companyId = role === 'operator' ? namedCompany(request) : row.companyId
    return new Caller({ keyId: id, role, companyId, appId })
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

function namedCompany(request: Request): string | null {
  const name = request.headers['hooklane-company']
  if (name === undefined) return null
  if (typeof name === 'string' && ID_FORM.test(name)) return name
  throw invalid({ path: 'Hooklane-Company', code: 'INVALID', message: 'must be the id of a company' })
}
