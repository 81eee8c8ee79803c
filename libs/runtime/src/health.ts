import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readiness, Registry, Skips } from '@hooklane/observability'
import { explainListenFault } from './explain-listen-fault.js'
import { measureReadiness } from './service-metrics.js'

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves `/health/live`, `/health/ready`, `/health/skipped` and `/metrics` on a port of their own. They must not be reachable through the
 * public port, because the list of skipped input contains companies and ids. The server responds from before the service has started until
 * the service has ended.
 */
export async function startHealthServer(options: {
  host: string
  port: number
  readiness: Readiness
  registry: Registry
  skips: Skips
}): Promise<HealthServer> {
  const { readiness, registry, skips } = options
  const updateReadiness = measureReadiness(registry, readiness)
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, { error: 'GET only' })
    if (path === '/health/live') return answer(response, readiness.isAlive ? 200 : 503, readiness.report())
    if (path === '/health/ready') return answer(response, readiness.isReady ? 200 : 503, readiness.report())
    if (path === '/health/skipped') return answer(response, 200, skips.report())
    if (path !== '/metrics') return answer(response, 404, { error: 'not found' })
    updateReadiness()
    registry.metrics().then(
      (body) => response.writeHead(200, { 'content-type': registry.contentType }).end(body),
      (error: unknown) => answer(response, 500, { error: String(error) }),
    )
  })
  try {
    await listen(server, options.port, options.host)
  } catch (error) {
    throw explainListenFault(error, { key: 'HEALTH_PORT', host: options.host, port: options.port })
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
