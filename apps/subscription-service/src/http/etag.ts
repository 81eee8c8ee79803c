import type { Response } from 'express'
import { Problem } from './problem.js'

interface Versioned {
  readonly revision: number
  /** Counts how often the resource was created under its id, so that an ETag from before a deletion never matches. Default 1. */
  readonly incarnation?: number
}

const etagOf = ({ revision, incarnation = 1 }: Versioned): string =>
  incarnation === 1 ? `"${revision}"` : `"${incarnation}.${revision}"`

/**
 * Sets the ETag of a response with a single resource. If the caller already knows this version (`If-None-Match`), the status is 304 and
 * there is no body. Express would not send 304 to clients that also send `Cache-Control: no-cache`, as `fetch` does. But that directive is
 * meant for caches, not for the origin server.
 */
export function setEtag(response: Response, resource: Versioned): void {
  response.set('etag', etagOf(resource))
  const { method, headers } = response.req
  const known = headers['if-none-match']
  if (method === 'GET' && known !== undefined && names(known, resource)) response.status(304)
}

/** The precondition headers of a request. Undefined: the header is absent. */
export interface Preconditions {
  readonly ifMatch: string | undefined
  /** `*`: the request succeeds only if the resource does not exist yet. */
  readonly ifNoneMatch?: string | undefined
}

export type RequestHeaders = Readonly<Record<string, string | undefined>>

export const preconditionsOf = (headers: RequestHeaders): Preconditions => ({
  ifMatch: headers['if-match'],
  ifNoneMatch: headers['if-none-match'],
})

/**
 * Throws when a precondition does not hold. Must be called while the resource is locked, so that of two writers that know the same version
 * the second one gets 412.
 * @param resource null: the resource does not exist
 * @throws Problem 412
 */
export function requireMatch({ ifMatch, ifNoneMatch }: Preconditions, resource: Versioned | null): void {
  if (ifMatch !== undefined && !(resource && names(ifMatch, resource))) throw changed(resource)
  if (ifNoneMatch !== undefined && resource && names(ifNoneMatch, resource)) {
    throw new Problem('PRECONDITION_FAILED', 'the resource already exists', { headers: { etag: etagOf(resource) } })
  }
}

/** Whether the header names the version of the resource. A weak tag counts too: compressing proxies mark tags as weak. */
function names(header: string, resource: Versioned): boolean {
  if (header.trim() === '*') return true
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etagOf(resource))
}

function changed(resource: Versioned | null): Problem {
  if (!resource) return new Problem('PRECONDITION_FAILED', 'the resource does not exist')
  return new Problem('PRECONDITION_FAILED', 'another request changed the resource: read it again', {
    headers: { etag: etagOf(resource) },
  })
}
