import type { Response } from 'express'
import { Problem } from './problem.js'

interface Versioned {
  readonly revision: number
  /** Of a resource that can be made again under its id: the versions of one incarnation are none of another. Default 1. */
  readonly incarnation?: number
}

const etagOf = ({ revision, incarnation = 1 }: Versioned): string =>
  incarnation === 1 ? `"${revision}"` : `"${incarnation}.${revision}"`

/**
 * Names the version of a single resource in its answer. A reader that knows it (`If-None-Match`) is answered 304, without a body. Express
 * does so too, but not to clients that also send `Cache-Control: no-cache`, as `fetch` does: that is said to caches, not to us.
 */
export function setEtag(response: Response, resource: Versioned): void {
  response.set('etag', etagOf(resource))
  const { method, headers } = response.req
  const known = headers['if-none-match']
  if (method === 'GET' && known !== undefined && names(known, resource)) response.status(304)
}

/** What a caller says about the version that it knows. */
export interface Preconditions {
  readonly ifMatch: string | undefined
  /** `*`: only when there is no such resource yet. */
  readonly ifNoneMatch?: string | undefined
}

export type RequestHeaders = Readonly<Record<string, string | undefined>>

export const preconditionsOf = (headers: RequestHeaders): Preconditions => ({
  ifMatch: headers['if-match'],
  ifNoneMatch: headers['if-none-match'],
})

/**
 * Called under the resource's lock, so that of two writers who know one version the second is told.
 * @param resource null: it does not exist
 * @throws Problem 412
 */
export function requireMatch({ ifMatch, ifNoneMatch }: Preconditions, resource: Versioned | null): void {
  if (ifMatch !== undefined && !(resource && names(ifMatch, resource))) throw changed(resource)
  if (ifNoneMatch !== undefined && resource && names(ifNoneMatch, resource)) {
    throw new Problem('PRECONDITION_FAILED', 'it exists already', { headers: { etag: etagOf(resource) } })
  }
}

/** Proxies that compress mark the tag as weak; the resource is the same. */
function names(header: string, resource: Versioned): boolean {
  if (header.trim() === '*') return true
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etagOf(resource))
}

function changed(resource: Versioned | null): Problem {
  if (!resource) return new Problem('PRECONDITION_FAILED', 'there is no such version: it does not exist')
  return new Problem('PRECONDITION_FAILED', 'somebody else changed it: read it again', {
    headers: { etag: etagOf(resource) },
  })
}
