import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import type { EchoForm } from './echo.form.js'

export class EchoView implements Shows<EchoForm> {
  @ApiProperty() echo!: 'deliver'
  @ApiProperty() coalesce!: false
}

export const echoView = (): EchoView => ({ echo: 'deliver', coalesce: false })
