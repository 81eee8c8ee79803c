import type { EntityEvent } from '@hooklane/contracts/public'
import type { AppConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { RoutingView } from './routing-view.js'

export const COMPANY = 'cmp_1'
export const NOW = '2026-03-02T08:15:04.190Z'

export function app(id: string, changes: Partial<AppConfiguration> = {}): AppConfiguration {
  return {
    id,
    companyId: COMPANY,
    name: id,
    type: 'webhook',
    enabled: true,
    worker: { mode: 'shared' },
    workerGroup: 'shared-webhook',
    routeVersion: 0,
    ...changes,
  }
}

export function subscription(id: string, appId: string, changes: Partial<SubscriptionConfiguration> = {}) {
  const value = { id, appId, companyId: COMPANY, enabled: true, events: ['*'], ...changes } as SubscriptionConfiguration
  return { version: 7n, value }
}

export function viewOf(apps: AppConfiguration[], subscriptions: ReturnType<typeof subscription>[]): RoutingView {
  return {
    company: (id) => (id === COMPANY ? { id, name: id } : undefined),
    hasWorkerGroup: (name) => name === 'shared-webhook',
    app: (id) => apps.find((one) => one.id === id),
    subscription: (id) => subscriptions.find((one) => one.value.id === id),
    subscriptionsOfCompany: (id) => subscriptions.filter((one) => one.value.companyId === id),
    endedStreams: () => [],
  }
}

export const position = (n: number) => String(n).padStart(8, '0')

export function event(n: number, changes: Record<string, unknown> = {}): EntityEvent {
  return {
    id: `evt_${n}`,
    producer: 'pim',
    type: 'products.updated',
    companyId: COMPANY,
    entity: { type: 'product', id: `prd_${n}` },
    occurredAt: NOW,
    revision: { id: position(n), operation: 'update' },
    data: null,
    ...changes,
  }
}
