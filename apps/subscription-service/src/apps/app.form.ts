import { WORKER_MODES, type WorkerMode } from '@hooklane/contracts/public'
import { APP_TYPE_FORM, DEFAULT_APP_TYPE, MAX_APP_TYPE_LENGTH } from '@hooklane/contracts/records'
import { choice, flag, notYetAvailable, part, text } from '../http/fields.js'
import { patchForm } from '../http/forms.js'

const APP_TYPE_RULE = `1 to ${MAX_APP_TYPE_LENGTH} lower-case letters, digits or dashes, no dash at either end`
export const NO_NOTIFICATIONS = { emails: [], url: null }

export class AppWorker {
  @choice(WORKER_MODES, { description: 'Cannot change once the app has had a subscription' })
  mode!: WorkerMode
}

/** The body of `POST` and `PUT`: absent fields take their defaults. */
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

  @text({ optional: true, nullable: true, description: 'Unique among the apps of the company' })
  externalId?: string | null

  @flag({ optional: true, default: true })
  enabled?: boolean

  @part(() => AppWorker, { optional: true })
  worker?: AppWorker

  @notYetAvailable(null)
  rateLimit?: null

  @notYetAvailable(NO_NOTIFICATIONS)
  notifications?: typeof NO_NOTIFICATIONS
}

/** The body of `PATCH`: absent fields stay as they are. */
export class PatchApp extends patchForm(WriteApp) {}
