import { histogram, registerMetrics, type Registry } from '@hooklane/observability'
import type { RequestHandler } from 'express'

const CATALOGUE = {
  requestSeconds: histogram('api_request_seconds', 'Requests to the API, from the first byte to the answer.', [
    'method',
    'status',
  ]),
}

/** Methods that have a label of their own: clients may invent others. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Measures each request under its method and status; never under its path, which holds ids. */
export function measureRequests(registry: Registry): RequestHandler {
  const { requestSeconds } = registerMetrics(registry, CATALOGUE)
  return (request, response, next) => {
    const end = requestSeconds.startTimer()
    response.on('finish', () => {
      end({ method: METHODS.has(request.method) ? request.method : 'other', status: String(response.statusCode) })
    })
    next()
  }
}
