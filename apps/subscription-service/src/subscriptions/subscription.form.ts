import { combinedForm, patchForm } from '../http/forms.js'
import { DeliveryPolicyForm } from './delivery-policy/delivery-policy.form.js'
import { EchoForm } from './echo/echo.form.js'
import { EventsForm } from './events/events.form.js'
import { ExternalIdForm } from './external-id/external-id.form.js'
import { FilterForm } from './filter/filter.form.js'
import { IdentityForm } from './identity/identity.form.js'
import { NotificationsForm } from './notifications/notifications.form.js'
import { PayloadForm } from './payload/payload.form.js'
import { PresetForm } from './preset/preset.form.js'
import { StatusForm } from './status/status.form.js'
import { PatchTarget, TargetForm } from './target/target.form.js'
import { WorkflowForm } from './workflow/workflow.form.js'

export class WriteSubscription extends combinedForm(
  PresetForm,
  FilterForm,
  EchoForm,
  NotificationsForm,
  IdentityForm,
  StatusForm,
  ExternalIdForm,
  TargetForm,
  EventsForm,
  WorkflowForm,
  PayloadForm,
  DeliveryPolicyForm,
) {}

/** Absent fields stay as they are, also inside `target`, `workflow` and `delivery`. The app cannot change. */
export class PatchSubscription extends patchForm(WriteSubscription, {
  fixed: ['appId'],
  parts: { target: PatchTarget },
}) {}
