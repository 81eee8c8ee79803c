import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { ApiProperty, IntersectionType } from '@nestjs/swagger'
import type { Shows } from '../http/forms.js'
import { instantOf } from '../http/instants.js'
import { DeliveryPolicyPartView, deliveryPolicyView } from './delivery-policy/delivery-policy.view.js'
import { EchoView, echoView } from './echo/echo.view.js'
import { EventsView, eventsView } from './events/events.view.js'
import { WarningView } from './events/unknown-event-types.js'
import { ExternalIdView, externalIdView } from './external-id/external-id.view.js'
import { FilterView, filterView } from './filter/filter.view.js'
import { IdentityView, identityView } from './identity/identity.view.js'
import { NotificationsView, notificationsView } from './notifications/notifications.view.js'
import { PayloadPartView, payloadView } from './payload/payload.view.js'
import { PresetView, presetView } from './preset/preset.view.js'
import { NewSecretView } from './secrets/secrets.view.js'
import { StatusView, statusView } from './status/status.view.js'
import type { WriteSubscription } from './subscription.form.js'
import { TargetPartView, targetView } from './target/target.view.js'
import { WorkflowPartView, workflowView } from './workflow/workflow.view.js'

class VersionView {
  @ApiProperty({ format: 'date-time' }) createdAt!: string
  @ApiProperty({ format: 'date-time' }) updatedAt!: string
}

export class SubscriptionView
  extends IntersectionType(
    IdentityView,
    PresetView,
    StatusView,
    TargetPartView,
    EventsView,
    FilterView,
    WorkflowPartView,
    EchoView,
    ExternalIdView,
    PayloadPartView,
    DeliveryPolicyPartView,
    NotificationsView,
    VersionView,
  )
  implements Shows<WriteSubscription> {}

/** The response to a request that changes a subscription. */
export class SavedSubscriptionView extends SubscriptionView {
  @ApiProperty({ type: WarningView, isArray: true, description: 'Values that were accepted but may be mistakes' })
  warnings!: WarningView[]
}

export class CreatedSubscriptionView extends IntersectionType(SavedSubscriptionView, NewSecretView) {}

export const subscriptionView = (row: SubscriptionEntity, isFailing: boolean): SubscriptionView => ({
  ...identityView(row),
  ...presetView(),
  ...statusView(row, isFailing),
  ...targetView(row),
  ...eventsView(row),
  ...filterView(),
  ...workflowView(row),
  ...echoView(),
  ...externalIdView(row),
  ...payloadView(),
  ...deliveryPolicyView(row),
  ...notificationsView(),
  createdAt: instantOf(row.createdAt),
  updatedAt: instantOf(row.updatedAt),
})
