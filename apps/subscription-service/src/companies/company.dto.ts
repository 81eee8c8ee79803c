import type { CompanyConfiguration } from '@hooklane/contracts/records'
import type { CompanyEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty } from '@nestjs/swagger'
import { text } from '../http/fields.js'
import { instantOf } from '../http/instants.js'

export class PutCompany {
  @text({ example: 'Nordlys Living A/S' })
  name!: string
}

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

export const companyConfiguration = ({ id, name, incarnation, eventsFrom }: CompanyEntity): CompanyConfiguration => ({
  id,
  name,
  incarnation,
  ...(eventsFrom === null ? {} : { eventsFrom }),
})
