import { MAX_CUSTOM_HEADERS, MAX_HEADER_NAME, MAX_HEADER_VALUE, MAX_URL_LENGTH } from '@hooklane/core/delivery'
import { choice, custom, flag, notYet, part, parts, text } from '../../http/fields.js'
import { patchForm } from '../../http/forms.js'

const isText = (value: unknown): boolean => typeof value === 'string'

/** A header of the receiver's own. */
export class WriteHeader {
  @text({ max: MAX_HEADER_NAME, example: 'X-Api-Key' })
  name!: string

  @custom({ type: 'string', maxLength: MAX_HEADER_VALUE }, 'must be text', isText, {
    optional: true,
    description: 'Absent, or `***`, on a secret header: the value it has stays',
  })
  value?: string

  @flag({
    optional: true,
    default: false,
    description:
      'Sealed and never shown again. Always so for names and values that are credentials, such as Authorization, X-Api-Key or Bearer …',
  })
  secret?: boolean
}

const URL_DESCRIPTION =
  'Sealed when it holds more than may be shown: of the path the first segment, of the query the names'

abstract class TargetOptions {
  @choice(['POST'], { optional: true, later: ['GET'], default: 'POST', onPatch: { default: 'POST' } })
  method?: 'POST'

  @parts(() => WriteHeader, MAX_CUSTOM_HEADERS, { optional: true })
  headers?: WriteHeader[]

  @notYet([])
  query?: never[]

  @notYet({ type: 'none' })
  auth?: { type: 'none' }
}

export class WriteTarget extends TargetOptions {
  @custom({ type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH }, 'must be text', isText, {
    example: 'https://shop.example.com/hooks',
    description: URL_DESCRIPTION,
    onPatch: {
      description: `${URL_DESCRIPTION}. As it was shown: it stays. Of another origin: secret headers must be written again`,
    },
  })
  url!: string
}

/** What is absent stays. */
export class PatchTarget extends patchForm(WriteTarget) {}

export class TargetForm {
  @part(() => WriteTarget)
  target!: WriteTarget
}
