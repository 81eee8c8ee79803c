import type { AppConfiguration, CompanyConfiguration, EndedStreamConfiguration } from '@hooklane/contracts/records'
import type { VersionedSubscription } from '../configuration/configuration-record.js'

/** What the router looks up in the configuration. Results may change between two calls, never during one. */
export interface RoutingView {
  company(companyId: string): CompanyConfiguration | undefined
  hasWorkerGroup(name: string): boolean
  app(appId: string): AppConfiguration | undefined
  subscription(subscriptionId: string): VersionedSubscription | undefined
  subscriptionsOfCompany(companyId: string): readonly VersionedSubscription[]
  /** Streams of deleted apps that may have deliveries that are not settled yet. Returns the same array until one is added or removed. */
  endedStreams(): readonly EndedStreamConfiguration[]
}
