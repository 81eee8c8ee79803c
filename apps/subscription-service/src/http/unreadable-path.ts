import type { RequestHandler } from 'express'
import { notFound } from './problem.js'

/** Nothing is stored under an id with control characters, and Postgres refuses to be asked for one. */
export function refuseUnreadablePaths(): RequestHandler {
  return (request, _response, next) => {
    next(/%([01][0-9a-f]|7f)/i.test(request.path) ? notFound('resource') : undefined)
  }
}
