import { MAX_CUSTOM_HEADERS, MAX_HEADER_NAME, MAX_HEADER_VALUE, MAX_URL_LENGTH } from '@hooklane/core/delivery'
import { choice, custom, flag, notYetAvailable, part, parts, text } from '../../http/fields.js'
import { patchForm } from '../../http/forms.js'

const TEXT = { check: (value: unknown) => typeof value === 'string', message: 'must be text' }

/** A custom header that the receiver expects. */
export class WriteHeader {
  @text({ max: MAX_HEADER_NAME, example: 'X-Api-Key' })
  name!: string

  @custom({ type: 'string', maxLength: MAX_HEADER_VALUE }, TEXT, {
    optional: true,
    description: 'When absent or `***` on a secret header, the stored value is kept',
  })
  value?: string

  @flag({
    optional: true,
    default: false,
    description:
      'The value is sealed and never shown again. Credentials (such as Authorization, X-Api-Key or Bearer …) are always treated as secret',
  })
  secret?: boolean
}

const URL_DESCRIPTION =
  'Responses show only the first segment of the path and the names of the query parameters. A URL with other parts is stored encrypted'

abstract class TargetOptions {
  @choice(['POST'], { optional: true, later: ['GET'], default: 'POST', onPatch: { default: 'POST' } })
  method?: 'POST'

  @parts(() => WriteHeader, MAX_CUSTOM_HEADERS, { optional: true })
  headers?: WriteHeader[]

  @notYetAvailable([])
  query?: never[]

  @notYetAvailable({ type: 'none' })
  auth?: { type: 'none' }
}

export class WriteTarget extends TargetOptions {
  @custom({ type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH }, TEXT, {
    example: 'https://shop.example.com/hooks',
    description: URL_DESCRIPTION,
    onPatch: {
      description: `${URL_DESCRIPTION}. If it is sent back as it was shown, the stored URL is kept. If the origin changes, the values of secret headers must be sent again`,
    },
  })
  url!: string
}

/** Absent fields stay as they are. */
export class PatchTarget extends patchForm(WriteTarget) {}

export class TargetForm {
  @part(() => WriteTarget)
  target!: WriteTarget
}
