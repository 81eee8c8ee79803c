import type { RequestHandler } from 'express'
import { notFound } from './problem.js'

/** Returns 404 for paths with control characters, because no id contains them and Postgres rejects a query with NUL. */
export function refuseUnreadablePaths(): RequestHandler {
  return (request, _response, next) => {
    next(/%([01][0-9a-f]|7f)/i.test(request.path) ? notFound('resource') : undefined)
  }
}
