import { TenantDatabase, type CreationCursor, type PageRequest } from '@hooklane/postgres/tenancy'
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiTags } from '@nestjs/swagger'
import { Operation } from '../documentation/operation.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { IdempotentPost, type PostRequest } from '../idempotency/post-request.js'
import { IdempotentRequests, type Answer } from '../idempotency/idempotent-requests.js'
import { CreateApiKey } from './api-key.form.js'
import { ApiKeyView, apiKeyView, CreatedApiKeyView } from './api-key.view.js'
import { ApiKeysService, type CreatedKey } from './api-keys.service.js'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'

@ApiTags('API keys')
@Allow('owner')
@Controller('v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
    private readonly posts: IdempotentRequests,
  ) {}

  @Post()
  @Operation({
    summary: 'Create a key',
    description:
      'Only this response shows the key. With `appId` the key is limited to one app (`hka_…`): it can only read that app, its subscriptions, deliveries and attempts.',
    refusals: ['COMPANY_REQUIRED', 'NOT_FOUND', 'KEY_ROLE'],
  })
  @ApiCreatedResponse({ type: CreatedApiKeyView })
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateApiKey,
    @IdempotentPost() post: PostRequest,
  ): Promise<CreatedApiKeyView> {
    return this.posts.answer(post, createdAnswer, (transaction) => this.keys.create(caller, body, transaction))
  }

  @Get()
  @Operation({ summary: 'List keys', description: 'Includes revoked keys. The key itself is not shown.' })
  @ApiListOf(ApiKeyView)
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<ApiKeyView>> {
    return this.lists.answer(
      { name: 'api-keys', query, caller },
      (page: PageRequest<CreationCursor>) =>
        this.database.transaction(caller.scope, (tables) => tables.apiKeys.page(page)),
      apiKeyView,
    )
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({ summary: 'Revoke a key', description: 'Takes effect with the next request. The key stays in the list.' })
  @ApiNoContentResponse({ description: 'The key is revoked' })
  revoke(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.keys.revoke(caller, id)
  }
}

const createdAnswer = ({ row, text }: CreatedKey): Answer<CreatedApiKeyView> => ({
  body: { ...apiKeyView(row), key: text },
  resource: null,
})
