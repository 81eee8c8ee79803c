import { WORKER_MODES, type WorkerMode } from '@hooklane/contracts/public'
import { APP_TYPE_FORM, DEFAULT_APP_TYPE, MAX_APP_TYPE_LENGTH } from '@hooklane/contracts/records'
import { choice, flag, notYet, part, text } from '../http/fields.js'
import { patchForm } from '../http/forms.js'

const APP_TYPE_RULE = `1 to ${MAX_APP_TYPE_LENGTH} lower-case letters, digits or dashes, no dash at either end`
export const NO_NOTIFICATIONS = { emails: [], url: null }

export class AppWorker {
  @choice(WORKER_MODES, { description: 'Fixed once the app has a subscription' })
  mode!: WorkerMode
}

/** `POST` and `PUT`: what is absent takes its default. */
export class WriteApp {
  @text({ example: 'Nordlys DE' })
  name!: string

  @text({
    optional: true,
    max: MAX_APP_TYPE_LENGTH,
    pattern: APP_TYPE_FORM,
    rule: APP_TYPE_RULE,
    default: DEFAULT_APP_TYPE,
    example: 'shopware',
  })
  type?: string

  @text({ optional: true, nullable: true, description: 'Unique in the company' })
  externalId?: string | null

  @flag({ optional: true, default: true })
  enabled?: boolean

  @part(() => AppWorker, { optional: true })
  worker?: AppWorker

  @notYet(null)
  rateLimit?: null

  @notYet(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}

/** `PATCH`: what is absent stays. */
export class PatchApp extends patchForm(WriteApp) {}
