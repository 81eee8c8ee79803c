import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { byExample, NULL } from '../../http/view-properties.js'
import { NO_SCOPE, type FilterForm } from './filter.form.js'

export class FilterView implements Shows<FilterForm> {
  @ApiProperty(NULL) filter!: null
  @ApiProperty(byExample(NO_SCOPE)) scope!: typeof NO_SCOPE
}

export const filterView = (): FilterView => ({ filter: null, scope: NO_SCOPE })
