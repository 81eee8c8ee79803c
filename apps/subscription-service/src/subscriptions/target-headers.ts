import { validateHeaders, type Sealer } from '@hooklane/core'
import type { TargetHeader } from '@hooklane/contracts'
import { invalid, type Fault } from '../http/problem.js'
import type { HeaderView, WriteHeader } from './subscription.dto.js'

export interface HeaderContext {
  readonly companyId: string
  readonly subscriptionId: string
  readonly sealer: Sealer
  readonly headerPrefix: string
}

/**
 * The headers as they are stored: secret values sealed. A secret header that is written without a value keeps the one it has, so that a
 * list that was read can be written back.
 * @throws Problem 400
 */
export function sealHeaders(
  written: readonly WriteHeader[],
  before: readonly TargetHeader[],
  context: HeaderContext,
): TargetHeader[] {
  const missing: Fault[] = []
  const headers = written.map((header, index) => {
    const kept = keptSecret(header, before)
    if (header.value === undefined && !kept) {
      missing.push({ path: `target.headers.${index}.value`, code: 'REQUIRED', message: 'is required' })
    }
    return { header, kept }
  })
  const wrong = validateHeaders(
    written.map(({ name, value }) => ({ name, value: value ?? '' })),
    context.headerPrefix,
  ).map(({ index, code, message }) => ({ path: faultPath(index, code), code, message }))
  const [first, ...others] = [...missing, ...wrong]
  if (first) throw invalid(first, ...others)

  const aad = `${context.companyId}/${context.subscriptionId}/header`
  return headers.map(({ header, kept }) => {
    const { name, value = '', secret = false } = header
    if (kept) return { name, sealed: kept }
    return secret ? { name, sealed: context.sealer.seal(value, aad) } : { name, value }
  })
}

function keptSecret(header: WriteHeader, before: readonly TargetHeader[]): string | null {
  if (header.value !== undefined || header.secret !== true) return null
  const same = before.find(({ name }) => name.toLowerCase() === header.name.toLowerCase())
  return same && 'sealed' in same ? same.sealed : null
}

const faultPath = (index: number | null, code: string): string => {
  if (index === null) return 'target.headers'
  return `target.headers.${index}.${code === 'HEADER_VALUE' ? 'value' : 'name'}`
}

/** Secret values are never shown again. */
export const headerView = (header: TargetHeader): HeaderView =>
  'sealed' in header ? { name: header.name, secret: true } : { name: header.name, value: header.value, secret: false }
