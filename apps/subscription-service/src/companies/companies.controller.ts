import { CompanyEntity, TenantDatabase, type CreationPosition, type PageRequest } from '@hooklane/postgres'
import { Body, Controller, Delete, Get, Headers, HttpCode, HttpStatus, Param, Put, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, WhoAsks } from '../api-keys/caller.js'
import { againWhenTaken } from '../http/conflicts.js'
import { Operation } from '../documentation/operation.js'
import { preconditionsOf, requireMatch, setEtag, type Preconditions, type RequestHeaders } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { notFound } from '../http/problem.js'
import { companyConfiguration, CompanyView, companyView, PutCompany } from './company.dto.js'

const ALL = { kind: 'operator' } as const

interface SavedCompany {
  readonly company: CompanyEntity
  readonly isNew: boolean
}

/** Companies are the operators': what the header `Hooklane-Company` says does not matter here. */
@ApiTags('Companies')
@Allow('operator')
@Controller('v1/companies')
export class CompaniesController {
  constructor(
    private readonly database: TenantDatabase,
    private readonly lists: Lists,
  ) {}

  @Get()
  @Operation({ summary: 'List companies', description: 'Oldest first.' })
  @ApiListOf(CompanyView)
  list(@WhoAsks() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<CompanyView>> {
    return this.lists.answer(
      { name: 'companies', query, caller },
      (page: PageRequest<CreationPosition>) => this.database.within(ALL, (tables) => tables.companies.page(page)),
      companyView,
    )
  }

  @Put(':id')
  @Operation({
    summary: 'Make or replace a company',
    description: 'Under the id that it has where it comes from.',
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
    const save = (): Promise<SavedCompany> => this.save(id, body, preconditionsOf(headers))
    const { company, isNew } = await againWhenTaken('company_pkey', save)
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK)
    setEtag(response, company)
    return companyView(company)
  }

  @Get(':id')
  @Operation({ summary: 'Read a company' })
  @ApiOkResponse({ type: CompanyView })
  async get(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<CompanyView> {
    const company = await this.database.within(ALL, (tables) => tables.companies.find(id))
    if (!company) throw notFound('company')
    setEtag(response, company)
    return companyView(company)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation({
    summary: 'Delete a company',
    description: 'With its keys, apps and subscriptions. Its delivery log ends by retention.',
    preconditions: ['If-Match'],
  })
  @ApiNoContentResponse({ description: 'It is gone' })
  async delete(@Param('id') id: string, @Headers() headers: RequestHeaders): Promise<void> {
    await this.database.within(ALL, async (tables) => {
      const company = await tables.companies.lock(id)
      if (!company) throw notFound('company')
      requireMatch(preconditionsOf(headers), company)
      await tables.configuration.removeCompany(id)
      await tables.companies.delete(id)
    })
  }

  private save(id: string, body: PutCompany, preconditions: Preconditions): Promise<SavedCompany> {
    return this.database.within(ALL, async (tables) => {
      const before = await tables.companies.lock(id)
      requireMatch(preconditions, before)
      const now = new Date()
      const company = before ?? Object.assign(new CompanyEntity(), { id, revision: 0, createdAt: now })
      Object.assign(company, { name: body.name, updatedAt: now, revision: company.revision + 1 })
      await (before ? tables.companies.update(company) : tables.companies.insert(company))
      await tables.configuration.put('company', id, companyConfiguration(company))
      return { company, isNew: before === null }
    })
  }
}
