import type { NestExpressApplication } from '@nestjs/platform-express'
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger'
import { completeDocument } from './complete-document.js'
import { SECURITY_SCHEMES } from './security.js'

/** Path of the OpenAPI document. It can be read without a key. */
const DOCUMENT_PATH = '/v1/openapi.json'
const PAGES_PATH = '/docs'

const DESCRIPTION = `Subscribe apps to the changes of a PIM, and see what was delivered.

Send \`Authorization: Bearer <key>\`. Every error is a problem document (RFC 9457). Its \`code\` is stable, so clients may branch on it;
\`errors\` lists each invalid field. A request with an unknown field is refused, and the error names the field. Read lists page by page with
\`cursor\`.`

/** Serves the OpenAPI document and its pages, without a key. */
export function serveDocumentation(api: NestExpressApplication): void {
  SwaggerModule.setup(PAGES_PATH, api, () => describeApi(api), { jsonDocumentUrl: DOCUMENT_PATH })
}

function describeApi(api: NestExpressApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Hooklane')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addGlobalParameters({
      name: 'Hooklane-Company',
      in: 'header',
      required: false,
      description: 'With an operator key: the company that the request is for. Ignored with other keys.',
      schema: { type: 'string', example: 'cmp_7' },
    })
  for (const [name, scheme] of Object.entries(SECURITY_SCHEMES)) builder.addBearerAuth(scheme, name)
  const operationIdFactory = (controller: string, method: string): string =>
    `${method}${controller.replace(/Controller$/, '')}`
  return completeDocument(SwaggerModule.createDocument(api, builder.build(), { operationIdFactory }))
}
