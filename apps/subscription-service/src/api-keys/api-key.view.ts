import type { ApiKeyEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty } from '@nestjs/swagger'
import { instantOf, maybeInstantOf } from '../http/instants.js'

export class ApiKeyView {
  @ApiProperty() id!: string
  @ApiProperty({ type: 'string', nullable: true }) companyId!: string | null
  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'The only app that the key can read; null: the key is not limited to one app',
  })
  appId!: string | null
  @ApiProperty() name!: string
  @ApiProperty({ enum: ['operator', 'owner', 'editor', 'viewer'] }) role!: string
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ type: 'string', nullable: true, format: 'date-time' }) revokedAt!: string | null
}

export class CreatedApiKeyView extends ApiKeyView {
  @ApiProperty({ description: 'The key itself. Shown only in this response' }) key!: string
}

export const apiKeyView = (key: ApiKeyEntity): ApiKeyView => ({
  id: key.id,
  companyId: key.companyId,
  appId: key.appId,
  name: key.name,
  role: key.role,
  createdAt: instantOf(key.createdAt),
  revokedAt: maybeInstantOf(key.revokedAt),
})
