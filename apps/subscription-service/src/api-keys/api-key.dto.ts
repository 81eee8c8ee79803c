import type { ApiKeyEntity } from '@hooklane/postgres'
import { ApiProperty } from '@nestjs/swagger'
import { choice, text } from '../http/fields.js'
import { instantOf, maybeInstantOf } from '../http/instants.js'

export type NewKeyRole = 'operator' | 'owner' | 'editor' | 'viewer'

export class CreateApiKey {
  @text({ description: 'What the key is for' })
  name!: string

  @choice(['owner', 'editor', 'viewer', 'operator'], { description: 'operator: for operators only' })
  role!: NewKeyRole
}

export class ApiKeyView {
  @ApiProperty() id!: string
  @ApiProperty({ type: ['string', 'null'] } as never) companyId!: string | null
  @ApiProperty() name!: string
  @ApiProperty() role!: string
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ type: ['string', 'null'], format: 'date-time' } as never) revokedAt!: string | null
}

export class CreatedApiKeyView extends ApiKeyView {
  @ApiProperty({ description: 'Shown once' }) key!: string
}

export const apiKeyView = (key: ApiKeyEntity): ApiKeyView => ({
  id: key.id,
  companyId: key.companyId,
  name: key.name,
  role: key.role,
  createdAt: instantOf(key.createdAt),
  revokedAt: maybeInstantOf(key.revokedAt),
})
