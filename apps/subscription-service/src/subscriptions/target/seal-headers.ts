import {
  isCredentialHeader,
  isCredentialName,
  MASK,
  sealingScope,
  type Sealer,
  type SecretOwner,
} from '@hooklane/core/secrets'
import { validateHeaders } from '@hooklane/core/delivery'
import type { TargetHeader } from '@hooklane/contracts/records'
import { invalid, unprocessable, type Fault, type Refusal } from '../../http/problem.js'
import type { WriteHeader } from './target.form.js'

export interface HeaderContext {
  readonly owner: SecretOwner
  readonly sealer: Sealer
  readonly headerPrefix: string
  /** False when the URL changes to another origin. Secrets that were written for one receiver are never sent to another. */
  readonly isSameReceiver: boolean
}

/**
 * Returns the headers as they are stored. A value is sealed when the header is flagged as secret, or when its name or value is that of a
 * credential. A secret header that is written without a value (or with the mask) keeps its stored value, so that clients can write back a
 * list as they read it.
 * @throws Problem 400; 422 when a stored value would be kept for another receiver
 */
export function sealHeaders(
  written: readonly WriteHeader[],
  before: readonly TargetHeader[],
  context: HeaderContext,
): TargetHeader[] {
  const headers = written.map((header) => ({ header, value: valueOf(header), kept: keptSecret(header, before) }))
  refuseFaults([...missingValues(headers), ...wrongHeaders(headers, context)])
  if (!context.isSameReceiver) refuseKept(headers)
  const aad = sealingScope(context.owner, 'header')
  return headers.map(({ header: { name, secret = false }, value = '', kept }) => {
    if (kept !== null && 'sealed' in kept) return { name, sealed: kept.sealed }
    const secretValue = kept === null ? value : kept.value
    const isSecret = secret || isCredentialHeader(name, secretValue)
    return isSecret ? { name, sealed: context.sealer.seal(secretValue, aad) } : { name, value: secretValue }
  })
}

/** For a request that changes the receiver but writes no headers. @throws Problem 422 when the stored headers hold secrets */
export function refuseSecretsForNewOrigin(headers: readonly TargetHeader[]): void {
  const names = headers.filter(isSecretHeader).map(({ name }) => name)
  if (names.length === 0) return
  const message = `${names.join(', ')}: ${SECRETS_REQUIRED_MESSAGE}`
  throw unprocessable({ path: 'target.headers', code: 'SECRETS_REQUIRED', message })
}

interface ReadHeader {
  readonly header: WriteHeader
  /** Undefined: no value was written. */
  readonly value: string | undefined
  /** The stored header whose value is kept; null: a new value is written. */
  readonly kept: TargetHeader | null
}

const SECRETS_REQUIRED_MESSAGE =
  'the URL changes to another origin: send the secret values again, or omit these headers'

/** The written value. The mask on a secret header counts as no value, because it was copied from a response. */
const valueOf = ({ value, secret, name }: WriteHeader): string | undefined =>
  value === MASK && (secret === true || isCredentialName(name)) ? undefined : value

function keptSecret(header: WriteHeader, before: readonly TargetHeader[]): TargetHeader | null {
  if (valueOf(header) !== undefined) return null
  const same = before.find(({ name }) => name.toLowerCase() === header.name.toLowerCase())
  return same && isSecretHeader(same) ? same : null
}

function missingValues(headers: readonly ReadHeader[]): Fault[] {
  return headers.flatMap(({ value, kept }, index) =>
    value === undefined && kept === null
      ? [{ path: `target.headers.${index}.value`, code: 'REQUIRED' as const, message: 'is required' }]
      : [],
  )
}

function wrongHeaders(headers: readonly ReadHeader[], { headerPrefix }: HeaderContext): Fault[] {
  const plain = headers.map(({ header: { name }, value = '' }) => ({ name, value }))
  return validateHeaders(plain, headerPrefix).map(({ index, code, message }) => ({
    path: faultPath(index, code),
    code,
    message,
  }))
}

function refuseFaults([first, ...others]: readonly Fault[]): void {
  if (first) throw invalid(first, ...others)
}

function refuseKept(headers: readonly ReadHeader[]): void {
  const [first, ...others] = headers.flatMap(({ kept }, index): Refusal[] =>
    kept === null
      ? []
      : [{ path: `target.headers.${index}.value`, code: 'SECRETS_REQUIRED', message: SECRETS_REQUIRED_MESSAGE }],
  )
  if (first) throw unprocessable(first, ...others)
}

const faultPath = (index: number | null, code: string): string => {
  if (index === null) return 'target.headers'
  return `target.headers.${index}.${code === 'HEADER_VALUE' ? 'value' : 'name'}`
}

/** Whether the value is a secret. Also true for credentials that were stored unsealed, before Hooklane recognised them as credentials. */
export const isSecretHeader = (header: TargetHeader): boolean =>
  'sealed' in header || isCredentialHeader(header.name, header.value)
