import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { byExample } from '../../http/view-properties.js'
import type { PayloadForm, WritePayload } from './payload.form.js'
import { payloadConfiguration } from './payload.stored.js'

/** Fields that responses do not show yet, because they are not available. */
type NotShown = 'include' | 'exclude' | 'deleted' | 'maxBytes' | 'overflow'

const PAYLOAD = {
  ...payloadConfiguration().payload,
  fields: [],
  static: {},
  missing: 'omit',
  template: null,
} satisfies Shows<Omit<WritePayload, NotShown>>

export class PayloadPartView implements Shows<PayloadForm> {
  @ApiProperty(byExample({ type: 'json', mode: 'full' })) payload!: object
}

export const payloadView = (): PayloadPartView => ({ payload: PAYLOAD })
