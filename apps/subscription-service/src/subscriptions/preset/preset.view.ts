import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { NULL } from '../../http/view-properties.js'
import type { PresetForm } from './preset.form.js'

export class PresetView implements Shows<PresetForm> {
  @ApiProperty(NULL) preset!: null
}

export const presetView = (): PresetView => ({ preset: null })
