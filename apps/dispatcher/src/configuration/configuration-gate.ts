import type {
  CompanyConfiguration,
  DeliveryPolicy,
  AppConfiguration,
  SubscriptionConfiguration,
} from '@hooklane/contracts/records'
import { pause, type Clock } from '@hooklane/core/kernel'
import type { RecordRef, Verdict } from '@hooklane/core/lane'

/** What the dispatcher asks of the configuration. */
export interface DispatchView {
  company(companyId: string): CompanyConfiguration | undefined
  app(appId: string): AppConfiguration | undefined
  subscription(
    subscriptionId: string,
  ): { readonly version: bigint; readonly value: SubscriptionConfiguration } | undefined
  subscriptionDeletedAt(subscriptionId: string): bigint | undefined
}

export interface ConfigurationGateOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly view: DispatchView
  /** Resolves when everything that stands in the configuration topic now has been read. */
  readonly readToEnd: () => Promise<void>
  /** More was read: heads that were `behind` are asked about again. */
  readonly onRead: () => void
  readonly onFailure: (error: unknown) => void
}

/**
 * Decides whether a head can be sent with what this process knows.
 *
 * The router may have read the configuration further than this process: a head whose subscription is unknown or older than the head says is `behind`
 * until the topic has been read to an end that was taken after the head was seen. What is unknown even then was deleted.
 */
export class ConfigurationGate {
  /** Number of the read to an end that will have covered the head. */
  private readonly coveredBy = new WeakMap<RecordRef, number>()
  private completedReads = 0
  private startedReads = 0
  private reading: Promise<void> | null = null

  constructor(private readonly options: ConfigurationGateOptions) {}

  verdict(record: RecordRef): Verdict {
    const { view } = this.options
    const found = view.subscription(record.subscriptionId)
    if (found && found.version >= record.subscriptionVersion) return this.known(found.value, record)
    const deletedAt = view.subscriptionDeletedAt(record.subscriptionId)
    if (deletedAt !== undefined && deletedAt >= record.subscriptionVersion) return DELETED
    if (!found && this.isCovered(record)) return DELETED
    this.readOn(record)
    return { kind: 'behind' }
  }

  /** The record names the version of the subscription only: what app and company forbid counts when as much was read as the router had. */
  private known(subscription: SubscriptionConfiguration, record: RecordRef): Verdict {
    if (!subscription.enabled) return { kind: 'settle', status: 'dropped', reason: 'subscription_disabled' }
    const app = this.options.view.app(subscription.appId)
    const company = this.options.view.company(subscription.companyId)
    if (app?.enabled && company) return { kind: 'send', policy: subscription.delivery satisfies DeliveryPolicy }
    if (!this.isCovered(record)) {
      this.readOn(record)
      return { kind: 'behind' }
    }
    return app && company ? { kind: 'settle', status: 'dropped', reason: 'app_disabled' } : DELETED
  }

  private isCovered(record: RecordRef): boolean {
    const read = this.coveredBy.get(record)
    return read !== undefined && this.completedReads >= read
  }

  /** A read that is under way may have taken its end before the head was seen: the next one counts. */
  private readOn(record: RecordRef): void {
    if (!this.coveredBy.has(record)) this.coveredBy.set(record, this.startedReads + 1)
    this.reading ??= this.read()
  }

  private async read(): Promise<void> {
    this.startedReads += 1
    try {
      await this.options.readToEnd()
      this.completedReads = this.startedReads
    } catch (error) {
      this.options.onFailure(error)
    }
    // Heads that are covered go on now; the rest waits a little, so that one head far ahead is no load on the broker.
    this.options.onRead()
    await pause(this.options.clock, READ_AGAIN_MS)
    this.reading = null
    this.options.onRead()
  }
}

const DELETED: Verdict = { kind: 'settle', status: 'filtered', reason: 'deleted' }

/** Between two reads for heads that are ahead of the configuration. Lower: load on the broker. Higher: such a head waits longer. */
const READ_AGAIN_MS = 100
