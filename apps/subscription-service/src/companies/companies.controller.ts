import { OPERATOR_SCOPE, TenantDatabase, type CreationCursor, type PageRequest } from '@hooklane/postgres/tenancy'
import { Body, Controller, Delete, Get, Headers, HttpCode, HttpStatus, Param, Put, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, CurrentCaller } from '../access/caller.js'
import { Operation } from '../documentation/operation.js'
import { preconditionsOf, setEtag, type RequestHeaders } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { CompaniesService } from './companies.service.js'
import { PutCompany } from './company.form.js'
import { CompanyView, companyView } from './company.view.js'

/** Only operators may call these routes. They ignore the header `Hooklane-Company`. */
@ApiTags('Companies')
@Allow('operator')
@Controller('v1/companies')
export class CompaniesController {
  constructor(
    private readonly companies: CompaniesService,
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  @Get()
  @Operation({ summary: 'List companies', description: 'Oldest first.' })
  @ApiListOf(CompanyView)
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<CompanyView>> {
    return this.lists.answer(
      { name: 'companies', query, caller },
      (page: PageRequest<CreationCursor>) =>
        this.database.transaction(OPERATOR_SCOPE, (tables) => tables.companies.page(page)),
      companyView,
    )
  }

  @Put(':id')
  @Operation({
    summary: 'Create or replace a company',
    description:
      'Use the id that the company has in the source of its data. A company that is created under the id of a deleted one is a new company: it sees nothing of the deleted one.',
    refusals: ['EVENTS_END_UNKNOWN'],
    preconditions: ['If-Match', 'If-None-Match'],
  })
  @ApiOkResponse({ type: CompanyView })
  @ApiCreatedResponse({ type: CompanyView })
  async put(
    @Param('id', NewIdPipe) id: string,
    @Body() body: PutCompany,
    @Headers() headers: RequestHeaders,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CompanyView> {
    const { company, isNew } = await this.companies.put(id, body, preconditionsOf(headers))
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK)
    setEtag(response, company)
    return companyView(company)
  }

  @Get(':id')
  @Operation({ summary: 'Read a company' })
  @ApiOkResponse({ type: CompanyView })
  async get(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<CompanyView> {
    const company = await this.companies.get(id)
    setEtag(response, company)
    return companyView(company)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete a company',
    description:
      'Also deletes its keys, apps, subscriptions and delivery log. Its records on Kafka topics stay until their retention ends. The ids of its apps stay reserved for this company id.',
    preconditions: ['If-Match'],
  })
  @ApiNoContentResponse({ description: 'The company is deleted' })
  async delete(@Param('id') id: string, @Headers() headers: RequestHeaders): Promise<void> {
    await this.companies.delete(id, preconditionsOf(headers))
  }
}
