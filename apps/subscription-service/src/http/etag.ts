import type { Response } from 'express'
import { Problem } from './problem.js'

const etagOf = (resource: { readonly revision: number }): string => `"${resource.revision}"`

/** Names the version of a single resource in its answer. */
export function setEtag(response: Response, resource: { readonly revision: number }): void {
  response.set('etag', etagOf(resource))
}

/** @throws Problem 412 when `If-Match` names other versions only */
export function requireMatch(ifMatch: string | undefined, resource: { readonly revision: number }): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const named = ifMatch.split(',').map((tag) => tag.trim())
  if (named.includes(etagOf(resource))) return
  throw new Problem(412, 'PRECONDITION_FAILED', 'somebody else changed it: read it again', {
    headers: { etag: etagOf(resource) },
  })
}
