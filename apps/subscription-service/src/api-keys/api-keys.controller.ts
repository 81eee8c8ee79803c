import { createApiKey } from '@hooklane/core'
import { ApiKeyEntity, TenantDatabase, type CreationPosition, type PageRequest } from '@hooklane/postgres'
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiTags } from '@nestjs/swagger'
import { refusingConflicts } from '../http/conflicts.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { notFound, Problem } from '../http/problem.js'
import { ApiKeyView, apiKeyView, CreateApiKey, CreatedApiKeyView } from './api-key.dto.js'
import { Allow, Caller, WhoAsks } from './caller.js'

const NO_SUCH_COMPANY = {
  api_key_company_id_fkey: {
    status: 404,
    path: 'Hooklane-Company',
    code: 'NOT_FOUND',
    message: 'there is no such company',
  },
} as const

@ApiTags('API keys')
@Allow('owner')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  /** The answer shows the key, this once. */
  @Post()
  @ApiCreatedResponse({ type: CreatedApiKeyView })
  async create(@WhoAsks() caller: Caller, @Body() body: CreateApiKey): Promise<CreatedApiKeyView> {
    if (body.role === 'operator' && !caller.isOperator)
      throw new Problem(403, 'FORBIDDEN', 'this needs an operator key')
    const created = createApiKey(body.role === 'operator' ? 'operator' : 'company')
    const key = Object.assign(new ApiKeyEntity(), {
      id: created.id,
      companyId: body.role === 'operator' ? null : caller.requireCompany(),
      role: body.role,
      name: body.name,
      digest: created.digest,
      createdAt: new Date(),
      revokedAt: null,
    })
    const scope = body.role === 'operator' ? ({ kind: 'operator' } as const) : caller.scope
    await refusingConflicts(NO_SUCH_COMPANY, () => this.database.within(scope, (tables) => tables.apiKeys.insert(key)))
    return { ...apiKeyView(key), key: created.text }
  }

  @Get()
  @ApiListOf(ApiKeyView)
  list(@WhoAsks() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<ApiKeyView>> {
    return this.lists.answer(
      { name: 'api-keys', query, caller },
      (page: PageRequest<CreationPosition>) =>
        this.database.within(caller.scope, (tables) => tables.apiKeys.page(page)),
      apiKeyView,
    )
  }

  /** Effective with the next request. The key stays in the list. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async revoke(@WhoAsks() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.database.within(caller.scope, async (tables) => {
      if (!(await tables.apiKeys.find(id))) throw notFound('API key')
      await tables.apiKeys.revoke(id, new Date())
    })
  }
}
