import type { NestExpressApplication } from '@nestjs/platform-express'
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger'

/** Where anybody may read what the API can do. */
const DOCUMENT_PATH = '/v1/openapi.json'
const PAGES_PATH = '/docs'

/** Serves the OpenAPI document and its pages, without a key. */
export function serveDocumentation(api: NestExpressApplication): void {
  SwaggerModule.setup(PAGES_PATH, api, () => describeApi(api), { jsonDocumentUrl: DOCUMENT_PATH })
}

function describeApi(api: NestExpressApplication): OpenAPIObject {
  const configuration = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hooklane')
    .setDescription('Subscribes apps to the changes of a PIM, and shows what was delivered.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'hko_… (operator) or hkc_… (company)' })
    .addSecurityRequirements('bearer')
    .addGlobalParameters({
      name: 'Hooklane-Company',
      in: 'header',
      required: false,
      description: 'Operator keys: the company that is meant. Company keys: not looked at.',
      schema: { type: 'string' },
    })
    .build()
  return SwaggerModule.createDocument(api, configuration)
}
