import { histogram, HTTP_STATUS_CODES, registerMetrics, type Registry } from '@hooklane/observability'
import type { RequestHandler } from 'express'

/** Methods with a label of their own. Clients can send any other method, which counts as `other`. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

const methodLabel = (method: string): Method | 'other' => METHODS.find((one) => one === method) ?? 'other'

export const catalogue = {
  requestSeconds: histogram(
    'api_request_seconds',
    'Duration of API requests, from arrival to the end of the response. Many 5xx: Postgres or Kafka is unavailable. Many 401: a client guesses keys.',
    { method: [...METHODS, 'other'], status: HTTP_STATUS_CODES },
  ),
} as const

/** Measures each request by method and status. Never by path, because paths contain ids. */
export function measureRequests(registry: Registry): RequestHandler {
  const { requestSeconds } = registerMetrics(registry, catalogue)
  return (request, response, next) => {
    const end = requestSeconds.startTimer()
    response.on('finish', () => {
      end({ method: methodLabel(request.method), status: String(response.statusCode) })
    })
    next()
  }
}
