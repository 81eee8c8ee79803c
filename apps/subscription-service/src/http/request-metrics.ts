import { histogram, HTTP_STATUS_CODES, registerMetrics, type Registry } from '@hooklane/observability'
import type { RequestHandler } from 'express'

/** Methods that have a label of their own: clients may invent others. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
type Method = (typeof METHODS)[number]

const methodLabel = (method: string): Method | 'other' => METHODS.find((one) => one === method) ?? 'other'

export const catalogue = {
  requestSeconds: histogram(
    'api_request_seconds',
    'Requests to the API, from the first byte to the answer. Many 5xx: Postgres or Kafka is away; many 401: somebody tries keys.',
    { method: [...METHODS, 'other'], status: HTTP_STATUS_CODES },
  ),
} as const

/** Measures each request under its method and status; never under its path, which holds ids. */
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
