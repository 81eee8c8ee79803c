import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import type { IdentityForm } from './identity.form.js'
import type { StoredIdentity, StoredName } from './identity.stored.js'

export class IdentityView implements Shows<IdentityForm> {
  @ApiProperty({ example: 'sub_31' }) id!: string
  @ApiProperty() companyId!: string
  @ApiProperty() appId!: string
  @ApiProperty() name!: string
}

export const identityView = ({ id, companyId, appId, name }: StoredIdentity & StoredName): IdentityView => ({
  id,
  companyId,
  appId,
  name,
})
