import type { SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { SubscriptionEntity } from '@hooklane/postgres/tenancy'
import { missing } from '../../http/problem.js'
import type { EventsForm } from './events.form.js'

export type StoredEvents = Pick<SubscriptionEntity, 'events'>

/** @param before null: the subscription is new, and `events` is required */
export const storedEvents = ({ events }: Partial<EventsForm>, before: StoredEvents | null): StoredEvents => ({
  events: events ?? before?.events ?? missing('events'),
})

export const eventsConfiguration = ({ events }: StoredEvents): Pick<SubscriptionConfiguration, 'events'> => ({ events })
