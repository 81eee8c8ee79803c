import { nestLogger } from '@hooklane/runtime'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import helmet from 'helmet'
import { bodyParser } from './http/body-parser.js'
import { serveDocumentation } from './documentation/describe-api.js'
import { measureRequests } from './http/request-metrics.js'
import { refuseUnreadablePaths } from './http/unreadable-path.js'
import { SubscriptionServiceModule, type ApiParts } from './subscription-service.module.js'

/** Creates the API. It does not listen yet. */
export async function createApi(parts: ApiParts): Promise<NestExpressApplication> {
  const api = await NestFactory.create<NestExpressApplication>(SubscriptionServiceModule.of(parts), {
    bodyParser: false,
    logger: nestLogger(parts.logger),
    abortOnError: false,
  })
  api.use(measureRequests(parts.registry))
  // Local installations use plain http, which this directive would break. Elsewhere, the proxy that terminates TLS can set it.
  api.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  api.use(refuseUnreadablePaths())
  api.use(bodyParser())
  api.disable('etag')
  serveDocumentation(api)
  await api.init()
  return api
}
