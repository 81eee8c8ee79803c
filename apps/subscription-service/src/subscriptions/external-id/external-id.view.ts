import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { nullable } from '../../http/view-properties.js'
import type { ExternalIdForm } from './external-id.form.js'
import type { StoredExternalId } from './external-id.stored.js'

export class ExternalIdView implements Shows<ExternalIdForm> {
  @ApiProperty(nullable('string')) externalId!: string | null
}

export const externalIdView = ({ externalId }: StoredExternalId): ExternalIdView => ({ externalId })
