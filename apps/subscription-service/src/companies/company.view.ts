import type { CompanyEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty } from '@nestjs/swagger'
import { instantOf } from '../http/instants.js'

export class CompanyView {
  @ApiProperty({ example: 'cmp_7' }) id!: string
  @ApiProperty() name!: string
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ format: 'date-time' }) updatedAt!: string
}

export const companyView = (company: CompanyEntity): CompanyView => ({
  id: company.id,
  name: company.name,
  createdAt: instantOf(company.createdAt),
  updatedAt: instantOf(company.updatedAt),
})
