import { shownUrl } from '@hooklane/core/secrets'
import type { TargetHeader } from '@hooklane/contracts/records'
import { ApiProperty } from '@nestjs/swagger'
import type { Shows } from '../../http/forms.js'
import { byExample } from '../../http/view-properties.js'
import { isSecretHeader } from './seal-headers.js'
import type { TargetForm, WriteHeader, WriteTarget } from './target.form.js'
import type { StoredTarget } from './target.stored.js'

class HeaderView implements Shows<Omit<WriteHeader, 'value'>> {
  @ApiProperty() name!: string
  @ApiProperty({ required: false, description: 'Absent when `secret` is true' }) value?: string
  @ApiProperty() secret!: boolean
}

class TargetView implements Shows<WriteTarget> {
  @ApiProperty({
    example: 'https://hooks.example.com/services/***?key=***',
    description: 'The part of the URL that may be shown. If a request sends it back unchanged, the stored URL is kept',
  })
  url!: string
  @ApiProperty() method!: 'POST'
  @ApiProperty({ type: HeaderView, isArray: true }) headers!: HeaderView[]
  @ApiProperty({ type: 'array', items: {} }) query!: never[]
  @ApiProperty(byExample({ type: 'none' })) auth!: { type: 'none' }
}

export class TargetPartView implements Shows<TargetForm> {
  @ApiProperty({ type: TargetView }) target!: TargetView
}

export const targetView = ({ targetUrl, targetHeaders }: StoredTarget): TargetPartView => ({
  target: {
    url: shownUrl(targetUrl),
    method: 'POST',
    headers: targetHeaders.map(headerView),
    query: [],
    auth: { type: 'none' },
  },
})

/** Secret values are never shown again. */
const headerView = (header: TargetHeader): HeaderView =>
  'value' in header && !isSecretHeader(header)
    ? { name: header.name, value: header.value, secret: false }
    : { name: header.name, secret: true }
