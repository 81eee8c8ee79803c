import { CompanyEntity, TenantDatabase, type CreationPosition, type PageRequest } from '@hooklane/postgres'
import { Body, Controller, Delete, Get, Headers, HttpCode, HttpStatus, Param, Put, Query, Res } from '@nestjs/common'
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger'
import type { Response } from 'express'
import { Allow, Caller, WhoAsks } from '../api-keys/caller.js'
import { requireMatch, setEtag } from '../http/etag.js'
import { ApiListOf, ListQuery, Lists, type ListAnswer } from '../http/list.js'
import { NewIdPipe } from '../http/path-id.js'
import { notFound } from '../http/problem.js'
import { companyConfiguration, CompanyView, companyView, PutCompany } from './company.dto.js'

const ALL = { kind: 'operator' } as const

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
  @ApiListOf(CompanyView)
  list(@WhoAsks() caller: Caller, @Query() query: ListQuery): Promise<ListAnswer<CompanyView>> {
    return this.lists.answer(
      { name: 'companies', query, caller },
      (page: PageRequest<CreationPosition>) => this.database.within(ALL, (tables) => tables.companies.page(page)),
      companyView,
    )
  }

  @Put(':id')
  @ApiOkResponse({ type: CompanyView })
  @ApiCreatedResponse({ type: CompanyView })
  async put(
    @Param('id', NewIdPipe) id: string,
    @Body() body: PutCompany,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CompanyView> {
    const { company, isNew } = await this.database.within(ALL, async (tables) => {
      const before = await tables.companies.lock(id)
      const now = new Date()
      const company = Object.assign(before ?? Object.assign(new CompanyEntity(), { id, revision: 0, createdAt: now }), {
        name: body.name,
        updatedAt: now,
      })
      if (before) requireMatch(ifMatch, before)
      company.revision++
      await (before ? tables.companies.update(company) : tables.companies.insert(company))
      await tables.configuration.put('company', id, companyConfiguration(company))
      return { company, isNew: before === null }
    })
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK)
    setEtag(response, company)
    return companyView(company)
  }

  @Get(':id')
  @ApiOkResponse({ type: CompanyView })
  async get(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<CompanyView> {
    const company = await this.database.within(ALL, (tables) => tables.companies.find(id))
    if (!company) throw notFound('company')
    setEtag(response, company)
    return companyView(company)
  }

  /** With its keys, apps and subscriptions. Its delivery log ends by retention. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async delete(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined): Promise<void> {
    await this.database.within(ALL, async (tables) => {
      const company = await tables.companies.lock(id)
      if (!company) throw notFound('company')
      requireMatch(ifMatch, company)
      await tables.configuration.removeCompany(id)
      await tables.companies.delete(id)
    })
  }
}
