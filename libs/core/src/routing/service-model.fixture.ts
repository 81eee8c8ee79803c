import type { AppConfiguration, CompanyConfiguration, SubscriptionConfiguration } from '@hooklane/contracts/records'
import type { ConfigurationRecord } from '../configuration/configuration-record.js'
import type { KnownCompany } from '../kernel/identity/company-incarnation.js'
import { dedicatedGroupName } from '../worker-group/worker-group-names.js'

interface App {
  readonly companyId: string
  readonly epoch: number
  readonly workerGroup: string
  readonly subscription: string
}

/**
 * Whether an app's end is published before or after its deletion. `endFirst` happens when the configuration table is compared with the topic:
 * the rows of the table are published first, and only then the keys that the table lacks are deleted from the topic.
 */
export type EndOrder = 'endFirst' | 'endLast'

/**
 * A model of the subscription service: how creating and deleting companies and apps changes its tables and the configuration. The model has
 * only those parts on which streams depend.
 */
export class ServiceModel {
  /** In the order of their publication. */
  readonly configuration: ConfigurationRecord[] = []
  readonly companies = new Map<string, KnownCompany>()
  readonly apps = new Map<string, App>()
  private readonly owners = new Map<string, { readonly companyId: string; epoch: number }>()
  private subscriptions = 0

  constructor() {
    this.publish('workerGroup', 'shared-webhook', { name: 'shared-webhook', partitions: 3, slots: 2 })
  }

  has(companyId: string): boolean {
    return this.companies.get(companyId)?.isEnded === false
  }

  incarnation(companyId: string): number {
    return this.companies.get(companyId)?.incarnation ?? 0
  }

  /** @param eventsEnd offset of the next event */
  makeCompany(id: string, eventsEnd: number): void {
    if (this.has(id)) return
    const incarnation = this.incarnation(id) + 1
    this.companies.set(id, { incarnation, isEnded: false })
    const body: CompanyConfiguration = { id, name: id, incarnation }
    this.publish('company', id, incarnation === 1 ? body : { ...body, eventsFrom: String(eventsEnd) })
  }

  deleteCompany(id: string, order: EndOrder = 'endLast'): void {
    if (!this.has(id)) return
    for (const [appId, app] of this.apps) if (app.companyId === id) this.deleteApp(appId, order)
    this.publish('company', id, null)
    this.companies.set(id, { incarnation: this.incarnation(id), isEnded: true })
  }

  /** False: the id belongs to another company. */
  makeApp(id: string, companyId: string, isDedicated: boolean): boolean {
    if (!this.has(companyId)) return true
    const owner = this.owners.get(id)
    if (owner && owner.companyId !== companyId) return false
    if (this.apps.has(id)) return true
    const epoch = (owner?.epoch ?? 0) + 1
    this.owners.set(id, { companyId, epoch })
    const workerGroup = isDedicated ? dedicatedGroupName({ id, epoch, abandoned: 0 }) : 'shared-webhook'
    if (isDedicated) this.publish('workerGroup', workerGroup, { name: workerGroup, partitions: 1, slots: 0 })
    const body = { id, companyId, enabled: true, workerGroup, routeVersion: 0, epoch }
    this.publish('app', id, body as AppConfiguration)
    const subscription = `sub_${++this.subscriptions}`
    this.publish('subscription', subscription, {
      id: subscription,
      companyId,
      appId: id,
      enabled: true,
      events: ['*'],
    } as unknown as SubscriptionConfiguration)
    this.apps.set(id, { companyId, epoch, workerGroup, subscription })
    return true
  }

  deleteApp(id: string, order: EndOrder = 'endLast'): void {
    const app = this.apps.get(id)
    if (!app) return
    this.apps.delete(id)
    const { companyId, epoch, workerGroup, subscription } = app
    const end = () => this.publish('endedStream', `${id}/${epoch}`, { appId: id, companyId, epoch, workerGroup })
    if (order === 'endFirst') end()
    this.publish('subscription', subscription, null)
    this.publish('app', id, null)
    if (order === 'endLast') end()
  }

  private publish(kind: ConfigurationRecord['kind'], id: string, body: ConfigurationRecord['body']): void {
    const version = BigInt(this.configuration.length + 1)
    this.configuration.push({ key: `${kind}:${id}`, kind, id, version, body } as ConfigurationRecord)
  }
}
